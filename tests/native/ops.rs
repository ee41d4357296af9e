use std::fmt::Write as _;

use portcullis::channel::error::{CloseCode, Denial, Executed, FailCode, Misbehaviour, NotSent};
use portcullis::channel::ops::{Greeting, Live, Method, Op, State, Target};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/lib/internal/ops.ts");

#[test]
fn the_table_of_operations_in_typescript_is_the_one_in_rust() {
    let expected = rendered();
    if std::env::var_os("UPDATE_OPS").is_some() {
        std::fs::write(PATH, &expected).unwrap();
    }
    let found = std::fs::read_to_string(PATH).unwrap();
    assert!(found == expected, "run the native tests once with UPDATE_OPS=1");
}

fn rendered() -> String {
    let mut text = String::from(
        "// Written from src/channel/ops.rs and src/channel/error.rs by the native tests (UPDATE_OPS=1).\n",
    );
    for &(op, name) in Op::ALL {
        writeln!(text, "/** {}({}) */", name, op.fields().join(", ")).unwrap();
        writeln!(text, "export const OP_{} = {};", screaming(name), op.number()).unwrap();
    }
    macro_rules! group {
        ($prefix:literal, $type:ident) => {
            text.push('\n');
            for &(value, name) in $type::ALL {
                writeln!(text, "export const {}_{} = {};", $prefix, screaming(name), value.number()).unwrap();
            }
        };
    }
    group!("GREETING", Greeting);
    group!("TARGET", Target);
    group!("STATE", State);
    group!("LIVE", Live);
    group!("FAIL", FailCode);
    group!("EXECUTED", Executed);
    group!("CLOSE", CloseCode);
    group!("DENIAL", Denial);
    group!("MISBEHAVIOUR", Misbehaviour);
    text.push_str("\n/** The methods of a link by their numbers. */\nexport const METHODS =\n  \"");
    let names: Vec<String> = Method::ALL.iter().map(|&(_, name)| camel(name)).collect();
    text.push_str(&names.join(" "));
    text.push_str("\";\n");
    text.push('\n');
    for (name, value) in [("BUSY", NotSent::Busy), ("CLOSED", NotSent::Closed), ("GONE", NotSent::Gone)] {
        writeln!(text, "export const NOT_SENT_{name} = {};", value.number()).unwrap();
    }
    text
}

fn screaming(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

fn camel(name: &str) -> String {
    name[..1].to_ascii_lowercase() + &name[1..]
}

#[test]
fn the_numbers_of_methods_are_their_places_in_the_table() {
    for (place, &(method, _)) in Method::ALL.iter().enumerate() {
        assert_eq!(method.number() as usize, place);
    }
}
