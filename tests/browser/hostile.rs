//! A hand-written peer that breaks the protocol: the channel ends, nothing runs, nothing panics.

use std::{cell::Cell, rc::Rc};

use futures_util::future::join;
use js_sys::{Array, Object, Uint32Array};
use portcullis::{
    channel::{frame::Kind, ops::Live},
    web::{Channel, ConnectOptions},
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::MessageChannel;

use crate::js::{RawPeer, value};

/// The crate on one end of a message channel and a hand-written peer on the other.
async fn against(options: ConnectOptions) -> (Channel, RawPeer) {
    let ports = MessageChannel::new().unwrap();
    let raw = RawPeer::new(&ports.port2(), "");
    let meeting = Object::new();
    let (channel, _) = join(Channel::connect(&ports.port1(), options), raw.meet(&meeting)).await;
    (channel.unwrap(), raw)
}

const fn head(kind: Kind, count: u32, flags: u32) -> u32 {
    kind.number() | flags << 8 | count << 16
}

/// Tells the name and makes the call of this id, with `count` arguments and these live values.
fn call(id: u32, count: u32, lives: &[u32]) -> Vec<u32> {
    let flags = u32::from(!lives.is_empty());
    let mut words = vec![head(Kind::Name, 1, 0), 0, head(Kind::Call, count, flags), id, 0];
    if !lives.is_empty() {
        words.push(u32::try_from(lives.len() / 2).unwrap());
    }
    words.extend(lives);
    words
}

fn values(source: &str) -> Array {
    value(source).unchecked_into()
}

/// A peer that does this gets the channel closed with this reason, before any handler runs.
async fn ends(what: &str, attack: impl FnOnce(&RawPeer), reason: &str) {
    let ran = Rc::new(Cell::new(0));
    let counted = Rc::clone(&ran);
    let methods = ConnectOptions::default().handle("echo", move |(): ()| {
        counted.set(counted.get() + 1);
        async { Ok(()) }
    });
    let (channel, raw) = against(methods).await;
    let attacked = async {
        // The call has gone out.
        raw.next().await;
        attack(&raw);
    };
    let (waiting, ()) = join(channel.call::<_, ()>("never", &()), attacked).await;
    let (code, why) = channel.closed().await;
    assert_eq!(code, "channel/protocol", "{what}");
    assert!(why.as_deref().unwrap_or_default().contains(reason), "{what}: {why:?}");
    assert_eq!(waiting.unwrap_err().code, "channel/protocol", "{what}");
    assert_eq!(ran.get(), 0, "{what}");
    raw.close();
}

/// A call of `echo` with arguments, some of them live.
async fn ends_by_call(what: &str, count: u32, lives: &[u32], sent: &str, reason: &str) {
    let sent = values(sent);
    ends(what, |raw| raw.send(call(0, count, lives), &sent), reason).await;
}

const NESTED: &str = "(() => { let it = 1; for (let i = 0; i < LEVELS; i++) it = WRAP; return it; })()";

fn nested(levels: u32, wrap: &str) -> String {
    format!("[\"echo\", {}]", NESTED.replace("LEVELS", &levels.to_string()).replace("WRAP", wrap))
}

const FUNCTION: &[u32] = &[Live::Function.number(), 5];
const ERROR: &[u32] = &[Live::Error.number(), 0];

#[wasm_bindgen_test]
async fn messages_that_are_none() {
    for message in [
        "\"hello\"",
        "null",
        "[]",
        "[2, 0, 2, \"x\", {}]",
        "[2, 0, 1, 1.5]",
        "[2, 0, 1, -1]",
        "[2, 0, 900, 1]",
        "[2, 0, 1, 1n]",
        "[2, 0, 40000, ...Array(40000).fill(0)]",
    ] {
        ends(message, |raw| raw.post(&value(message)), "malformed").await;
    }
    ends("a gap", |raw| raw.post(&value("[9, 0, 0]")), "sequence").await;
    ends("an acknowledgement of the future", |raw| raw.post(&value("[2, 99, 0]")), "acknowledgement").await;
}

#[wasm_bindgen_test]
async fn names_that_are_none() {
    let name =
        |sent: &'static str| move |raw: &RawPeer| raw.send(vec![head(Kind::Name, 1, 0), 0], &values(sent));
    ends("no text", name("[{ toString: 1 }]"), "does not fit").await;
    ends("too long", name("[\"x\".repeat(257)]"), "name_length").await;
    let untold = |raw: &RawPeer| raw.send(vec![head(Kind::Call, 0, 0), 0, 7], &Array::new());
    ends("never told", untold, "never told").await;
}

#[wasm_bindgen_test]
async fn bodies_beyond_the_limits() {
    for wrap in ["[it]", "({ it })", "new Map([[1, it]])", "new Map([[it, 1]])", "new Set([it])"] {
        ends_by_call(wrap, 1, &[], &nested(257, wrap), "bodies.depth").await;
    }
    for large in [
        "new ArrayBuffer((64 << 20) + 1)",
        "\"x\".repeat((64 << 20) + 1)",
        "{ a: [new Uint8Array(1), new DataView(new ArrayBuffer(64 << 20))] }",
    ] {
        ends_by_call(large, 1, &[], &format!("[\"echo\", {large}]"), "does not fit").await;
    }
    let sent = "[\"echo\", 1]";
    ends_by_call("fewer values than counted", 3, &[], sent, "malformed").await;
}

/// The twin of what is refused: as deep, as long and as large as it may be.
#[wasm_bindgen_test]
async fn bodies_and_names_at_the_limits_are_taken() {
    let name = "n".repeat(256);
    let ran = Rc::new(Cell::new(0));
    let counted = Rc::clone(&ran);
    let handler = move |(_,): (serde::de::IgnoredAny,)| {
        counted.set(counted.get() + 1);
        async { Ok(()) }
    };
    let (channel, raw) = against(ConnectOptions::default().handle(&name, handler)).await;
    let shared = "(() => { const one = new Uint8Array(40 << 20); return [one, one, one.buffer]; })()";
    let bodies = [
        nested(256, "[it]"),
        "[\"echo\", new ArrayBuffer(64 << 20)]".into(),
        // What is there twice is looked at once.
        format!("[\"echo\", {shared}]"),
        // Ends in itself.
        "[\"echo\", (() => { const it = []; it.push(it); return it; })()]".into(),
        // Says that it is long, and is empty.
        "[\"echo\", Array(4e9)]".into(),
        "[\"echo\", new Map([[1, [2]]])]".into(),
    ];
    for (id, body) in (0..).zip(&bodies) {
        let sent = values(body);
        sent.set(0, JsValue::from(&*name));
        raw.send(call(id, 1, &[]), &sent);
        let answer: Array = raw.next().await.unchecked_into();
        assert_eq!(answer.get(3), head(Kind::Reply, 0, 0), "{body}");
    }
    assert_eq!(ran.get(), bodies.len());
    channel.close(None);
    raw.close();
}

#[wasm_bindgen_test]
async fn limits_that_the_application_has_set() {
    let limited = || {
        let mut options = ConnectOptions::default();
        options.bodies.depth = 2;
        options.bodies.name_length = 5;
        options.limits.queued_bytes = 100;
        options
    };
    for (sent, reason) in [
        ("[\"echo\", [[[1]]]]", "bodies.depth"),
        ("[\"echoes\", 1]", "name_length"),
        ("[\"echo\", \"x\".repeat(101)]", "does not fit"),
    ] {
        let (channel, raw) = against(limited()).await;
        raw.send(call(0, 1, &[]), &values(sent));
        let (code, why) = channel.closed().await;
        assert_eq!(code, "channel/protocol", "{sent}");
        assert!(why.unwrap().contains(reason), "{sent}");
        raw.close();
    }
    let (channel, raw) = against(limited()).await;
    raw.send(call(0, 2, &[]), &values("[\"echo\", [[1]], \"x\".repeat(100)]"));
    // It has no such method, and says so.
    let answer: Array = raw.next().await.unchecked_into();
    assert_eq!(answer.get(3), head(Kind::Fail, 0, 0));
    channel.close(None);
    raw.close();
}

#[wasm_bindgen_test]
async fn live_values_that_are_not_where_they_are_said_to_be() {
    let function = "does not fit";
    for (what, sent) in [
        ("no paths", "[\"echo\", null, \"no paths\"]"),
        ("too few paths", "[\"echo\", null, []]"),
        ("a path to nowhere", "[\"echo\", null, [[0, \"a\", \"b\"]]]"),
        ("a path past the body", "[\"echo\", null, [[1]]]"),
        ("an empty path", "[\"echo\", null, [[]]]"),
        ("a path up the prototype", "[\"echo\", {}, [[0, \"__proto__\"]]]"),
        ("a path through a constructor", "[\"echo\", {}, [[0, \"constructor\", \"x\"]]]"),
        ("a path to the length of an array", "[\"echo\", [1], [[0, \"length\"]]]"),
        ("a path of a name that is asked with", "[\"echo\", { hasOwnProperty: 1 }, [[0, \"a\"]]]"),
        ("a path into an array that takes no function", "[\"echo\", new BigInt64Array(1), [[0, 0]]]"),
        ("a path that is no array", "[\"echo\", {}, [\"0\"]]"),
    ] {
        ends_by_call(what, 1, FUNCTION, sent, function).await;
    }
    for record in ["[\"Error\"]", "[\"Error\", \"Error\", 1, null]", "[\"Error\", \"Error\", \"\", []]", "7"]
    {
        ends_by_call(record, 1, ERROR, &format!("[\"echo\", {record}, [[0]]]"), function).await;
    }
    let unknown = [77, 0];
    ends_by_call("an unknown kind", 1, &unknown, "[\"echo\", null, [[0]]]", "").await;
    let never_lent = [Live::Home.number(), 9];
    ends_by_call("a function never lent", 1, &never_lent, "[\"echo\", null, [[0]]]", "").await;
    let release = |raw: &RawPeer| raw.send(vec![head(Kind::Release, 0, 0), 5, 1], &Array::new());
    ends("a release of what was never lent", release, "release").await;
}

#[wasm_bindgen_test]
async fn live_values_in_their_places_are_taken() {
    let (channel, raw) = against(ConnectOptions::default().handle("echo", |(): ()| async { Ok(()) })).await;
    for (id, (lives, sent)) in (0..).zip([
        (FUNCTION, "[\"echo\", { a: [null] }, [[0, \"a\", 0]]]"),
        (FUNCTION, "[\"echo\", new Map([[1, { b: null }]]), [[0, 1, \"b\"]]]"),
        (FUNCTION, "[\"echo\", new Set([null]), [[0, 0]]]"),
        (ERROR, "[\"echo\", [\"Error\", \"Error\", \"no\", null], [[0]]]"),
        (ERROR, "[\"echo\", [\"Error\", \"Error\", \"no\", { cause: 1 }], [[0]]]"),
    ]) {
        raw.send(call(id, 1, lives), &values(sent));
        // It may release the function first.
        loop {
            let answer: Array = raw.next().await.unchecked_into();
            let kinds: Vec<_> = answer.iter().filter_map(|word| word.as_f64()).collect();
            if kinds.contains(&f64::from(head(Kind::Fail, 1, 0)))
                || kinds.contains(&f64::from(head(Kind::Reply, 0, 0)))
            {
                break;
            }
        }
    }
    channel.close(None);
    raw.close();
}

/// An answer is judged as a question is; the call that waits for it fails with the channel.
#[wasm_bindgen_test]
async fn answers_that_break_the_protocol_fail_their_call() {
    for (frame, sent) in [
        (head(Kind::Reply, 1, 0), nested(257, "[it]").replace("\"echo\", ", "")),
        (head(Kind::Reply, 1, 0), "[new ArrayBuffer((64 << 20) + 1)]".into()),
        (head(Kind::Fail, 1, 0), "[\"no record\"]".into()),
        (head(Kind::Fail, 1, 0), "[[1, [[0]]]]".into()),
    ] {
        let (channel, raw) = against(ConnectOptions::default()).await;
        let answered = async {
            let asked: Array = raw.next().await.unchecked_into();
            // Behind the numbers of the message and the frame of the name.
            let id = Uint32Array::new(&asked.slice(6, 7));
            let mut words = vec![frame, id.get_index(0)];
            if frame == head(Kind::Fail, 1, 0) {
                words.push(portcullis::channel::error::FailCode::Threw.number());
            }
            raw.send(words, &values(&sent));
        };
        let (answer, ()) = join(channel.call::<_, ()>("ask", &()), answered).await;
        assert_eq!(answer.unwrap_err().code, "channel/protocol", "{sent}");
        assert_eq!(channel.closed().await.0, "channel/protocol", "{sent}");
        raw.close();
    }
}
