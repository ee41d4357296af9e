//! The URL standard's own test data against [`Origin`], with every difference in a ledger.
//!
//! A difference that is listed and no longer there fails as well: the ledger stays exact.

use portcullis::origin::{Origin, OriginError};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Row(Box<Row>),
    Comment(#[allow(dead_code)] String),
}

#[derive(Deserialize)]
struct Row {
    input: String,
    base: Option<String>,
    #[serde(default)]
    failure: bool,
    origin: Option<String>,
}

fn rows() -> Vec<Row> {
    let entries: Vec<Entry> = serde_json::from_str(include_str!("../vectors/urltestdata.json")).unwrap();
    let row = |entry| match entry {
        Entry::Row(row) => Some(*row),
        Entry::Comment(_) => None,
    };
    entries.into_iter().filter_map(row).collect()
}

/// Origins of http(s) URLs that the standard has and this crate refuses.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    (r#"http://!"$&'()*+,-.;=_`{}~"#, "no name in DNS; labels hold letters, digits, - and _"),
    ("http://.",                     "empty labels"),
    ("http://..",                    "empty labels"),
];

/// Inputs whose scheme and authority this crate takes although the standard refuses the URL.
#[rustfmt::skip]
const TAKEN: &[(&str, &str)] = &[
];

#[test]
fn the_origins_of_the_url_standard_are_taken_up_to_the_ledger() {
    let (mut count, mut refused) = (0, Vec::new());
    for row in rows() {
        let Some(origin) = row.origin else { continue };
        count += 1;
        match Origin::parse(&origin) {
            Ok(parsed) => assert_eq!(parsed.as_str(), origin),
            Err(error) if origin == "null" => assert_eq!(error, OriginError::Opaque),
            Err(error) if !origin.starts_with("http") => {
                assert_eq!(error, OriginError::BadScheme, "{origin}");
            }
            Err(_) => refused.push(origin.clone()),
        }
        // An input is an origin only if it is spelled like the origin it has.
        if let Ok(parsed) = Origin::parse(&row.input) {
            assert_eq!(parsed.as_str(), origin, "{:?} on {:?}", row.input, row.base);
        }
    }
    assert_eq!(count, 411);
    assert_ledger(REFUSED, refused);
}

#[test]
fn what_the_url_standard_refuses_is_refused_up_to_the_ledger() {
    let (mut count, mut taken) = (0, Vec::new());
    for row in rows().into_iter().filter(|row| row.failure) {
        count += 1;
        let origin = authority_of(&row.input);
        for text in [row.input.as_str(), &origin] {
            if Origin::parse(text).is_ok() {
                taken.push(text.to_owned());
            }
        }
    }
    assert_eq!(count, 267);
    assert_ledger(TAKEN, taken);
}

/// Scheme and authority alone, in lower case: otherwise a path would excuse every bad host.
fn authority_of(input: &str) -> String {
    let (scheme, rest) = input.split_once("://").unwrap_or(("", input));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    format!("{scheme}://{}", &rest[..end]).to_ascii_lowercase()
}

fn assert_ledger(ledger: &[(&str, &str)], mut found: Vec<String>) {
    found.sort();
    found.dedup();
    let mut listed: Vec<&str> = ledger.iter().map(|&(text, _)| text).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}
