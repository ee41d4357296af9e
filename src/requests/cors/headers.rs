use alloc::string::String;
use alloc::vec::Vec;

use super::super::mime::is_token;
use super::InvalidRequest;
use crate::text::{cut, pieces, trim};

/// Headers as a text: lines of `name: value`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Headers<'a>(&'a str);

impl<'a> Headers<'a> {
    /// Headers that stand one a line. A line without a colon has an empty name.
    #[must_use]
    pub const fn of_lines(text: &'a str) -> Self {
        Self(text)
    }

    pub(super) fn check(self) -> Result<(), InvalidRequest> {
        for (name, value) in self.iter() {
            if !is_token(name) {
                return Err(InvalidRequest::BadHeaderName);
            }
            // The first bytes of characters up to U+00FF end at 0xc3.
            if value.bytes().any(|b| matches!(b, b'\0' | b'\r' | 0xc4..)) {
                return Err(InvalidRequest::BadHeaderValue);
            }
        }
        Ok(())
    }

    /// Names and values as they are written, the space around a value left out.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        pieces(self.0, b'\n').filter(|line| !line.is_empty()).map(|line| {
            let (name, value) = cut(line, b':').unwrap_or(("", line));
            (name, trim(value))
        })
    }
}

/// Headers put together: names in lower case and sorted, the values of one name joined by `, `.
///
/// Spec: <https://fetch.spec.whatwg.org/#concept-header-list-get>
pub(super) struct Joined(Vec<(String, String)>);

impl Joined {
    pub(super) fn of(headers: Headers<'_>) -> Self {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in headers.iter() {
            let name = name.to_ascii_lowercase();
            let at = all.iter().position(|(other, _)| *other >= name).unwrap_or(all.len());
            match all.get_mut(at) {
                Some((other, joined)) if *other == name => {
                    joined.push_str(", ");
                    joined.push_str(value);
                }
                _ => all.insert(at, (name, String::from(value))),
            }
        }
        Self(all)
    }

    /// The value of a header; the name in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header, or an empty text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }

    /// All names.
    pub(super) fn into_names(self) -> impl Iterator<Item = String> {
        self.0.into_iter().map(|(name, _)| name)
    }
}

/// The elements of a header that is a list.
pub(super) fn elements(value: &str) -> impl Iterator<Item = &str> {
    pieces(value, b',').map(trim).filter(|element| !element.is_empty())
}

/// Whether all elements of a list are tokens; else the list counts for nothing.
///
/// Spec: <https://fetch.spec.whatwg.org/#extract-header-list-values>
pub(super) fn is_list(value: &str) -> bool {
    elements(value).all(is_token)
}

/// Whether a list has a name, whatever its case.
pub(super) fn lists(value: &str, name: &str) -> bool {
    elements(value).any(|element| element.eq_ignore_ascii_case(name))
}
