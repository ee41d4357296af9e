//! Cutting texts at ASCII letters.
//!
//! The standard library's patterns decode characters and search by tables; here every separator is one
//! byte, and the npm slices pay for every kind of pattern that is used.

use alloc::string::String;

/// The bytes before the first `at`, and those behind it if there is one.
pub(crate) fn cut_bytes(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let index = bytes.iter().position(|&byte| byte == at).unwrap_or(bytes.len());
    (bytes.get(..index).unwrap_or(bytes), bytes.get(index + 1..))
}

/// The text before and behind the first `at`.
pub(crate) fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let index = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..index)?, text.get(index + 1..)?))
}

/// The text before the first `at`, or all of it.
pub(crate) fn before(text: &str, at: u8) -> &str {
    cut(text, at).map_or(text, |(before, _)| before)
}

/// The pieces of a text between separators; a text without any is one piece.
pub(crate) const fn pieces(text: &str, at: u8) -> Pieces<'_> {
    Pieces { rest: Some(text), at }
}

/// See [`pieces`].
#[derive(Clone, Debug)]
pub(crate) struct Pieces<'a> {
    rest: Option<&'a str>,
    at: u8,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        let (piece, rest) = match cut(text, self.at) {
            Some((piece, rest)) => (piece, Some(rest)),
            None => (text, None),
        };
        self.rest = rest;
        Some(piece)
    }
}

/// The number that up to five digits without a leading zero say.
pub(crate) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 5 || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    let mut number = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u32::from(digit);
    }
    Some(number)
}

/// The text without HTTP's white space at its ends.
///
/// Spec: <https://fetch.spec.whatwg.org/#http-whitespace>
pub(crate) fn trim(mut text: &str) -> &str {
    let space = |byte: Option<&u8>| matches!(byte, Some(b'\t' | b'\n' | b'\r' | b' '));
    while space(text.as_bytes().first()) {
        text = text.get(1..).unwrap_or("");
    }
    while space(text.as_bytes().last()) {
        text = text.get(..text.len() - 1).unwrap_or("");
    }
    text
}

/// Appends a text. In a slice every `push_str` is a copy of the code that grows a string.
#[inline(never)]
pub(crate) fn add(out: &mut String, text: &str) {
    out.push_str(text);
}

/// How many characters a text has.
pub(crate) fn chars(text: &str) -> usize {
    text.bytes().filter(|&byte| byte & 0xc0 != 0x80).count()
}
