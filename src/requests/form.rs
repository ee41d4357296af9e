//! `application/x-www-form-urlencoded`, as `URLSearchParams` writes and reads it.

use alloc::string::String;
use alloc::vec::Vec;

use crate::text::{cut, pieces};

/// Appends one pair, with a `&` before it unless it is the first.
pub(super) fn push_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    push_encoded(out, name);
    out.push('=');
    push_encoded(out, value);
}

fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                out.push('%');
                push_digit(out, byte >> 4);
                push_digit(out, byte & 15);
            }
        }
    }
}

fn push_digit(out: &mut String, nibble: u8) {
    out.push(char::from(if nibble < 10 { b'0' + nibble } else { b'A' - 10 + nibble }));
}

/// The pairs of an encoded text, still encoded.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    pieces(text, b'&').filter(|pair| !pair.is_empty()).map(|pair| cut(pair, b'=').unwrap_or((pair, "")))
}

/// Whether a pair of an encoded text has this name.
pub(super) fn names(text: &str, name: &str) -> bool {
    pairs(text).any(|(encoded, _)| decode_bytes(encoded) == name.as_bytes())
}

/// Decodes a name or a value; bytes that are no UTF-8 become replacement characters.
pub(super) fn decode(text: &str) -> String {
    String::from_utf8_lossy(&decode_bytes(text)).into_owned()
}

/// Decodes a name or a value.
pub(super) fn decode_bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut ahead = rest.clone();
                match (hex(ahead.next()), hex(ahead.next())) {
                    (Some(high), Some(low)) => {
                        rest = ahead;
                        high << 4 | low
                    }
                    _ => byte,
                }
            }
            _ => byte,
        });
    }
    bytes
}

pub(super) fn hex(byte: Option<u8>) -> Option<u8> {
    match byte? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        letter @ (b'A'..=b'F' | b'a'..=b'f') => Some((letter | 0x20) - b'a' + 10),
        _ => None,
    }
}
