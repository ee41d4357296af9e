//! The storage hub's border: grants as a text of three lines each (origin, keys, rights as a number).
//!
//! A module of its own, shipped as plain JavaScript as the rules are: a hub needs none of those.

#![allow(unreachable_pub, reason = "what wasm-bindgen exports has to be public")]

use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

use super::answer::{push_number, refused};
use crate::origin::Origin;
use crate::storage::{Grants, InvalidGrant, Right};
use crate::text::{number, pieces};

fn parse(text: &str) -> Result<Grants, InvalidGrant> {
    let mut lines = pieces(text, b'\n').filter(|_| !text.is_empty());
    let triples = core::iter::from_fn(|| {
        let origin = lines.next()?;
        let keys = lines.next().unwrap_or("");
        // No rights at all are refused as such.
        Some((origin, keys, lines.next().and_then(|line| number(line.as_bytes())).unwrap_or(0)))
    });
    Grants::parse(triples)
}

/// Nothing, or what is wrong with the grants and the position of the wrong one.
#[wasm_bindgen(js_name = grantsError)]
#[must_use]
pub fn grants_error(grants: &str) -> String {
    let Err(invalid) = parse(grants) else { return String::new() };
    let mut answer = refused(invalid.error.code(), invalid.error.reason());
    answer.push('\n');
    push_number(&mut answer, u32::try_from(invalid.index).unwrap_or(u32::MAX));
    answer
}

/// Whether a page may do this to this key. `right` is one bit: 1 get, 2 set, 4 remove, 8 list, 16 watch.
#[wasm_bindgen(js_name = grantAllows)]
#[must_use]
pub fn grant_allows(grants: &str, origin: &str, key: &str, right: u32) -> bool {
    let right = match right {
        1 => Right::Get,
        2 => Right::Set,
        4 => Right::Remove,
        8 => Right::List,
        16 => Right::Watch,
        _ => return false,
    };
    match (parse(grants), Origin::parse(origin)) {
        (Ok(grants), Ok(origin)) => grants.allow(&origin, key, right),
        _ => false,
    }
}
