use alloc::string::String;
use alloc::vec::Vec;

use super::super::mime::is_token;

/// Headers as a text: lines of `name: value`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Headers<'a>(&'a str);

impl<'a> Headers<'a> {
    /// Headers that stand one a line. A line without a colon has an empty name.
    #[must_use]
    pub const fn of_lines(text: &'a str) -> Self {
        Self(text)
    }

    /// Names and values as they are written, the space around a value left out.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let lines = self.0.split('\n').filter(|line| !line.is_empty());
        lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap_or(("", line));
            (name, value.trim_matches(is_http_space))
        })
    }

    /// The value of a header (name in lower case), several joined by `, ` as the Fetch standard says.
    pub(super) fn get(self, name: &str) -> Option<String> {
        let mut found: Option<String> = None;
        for (_, value) in self.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)) {
            match &mut found {
                Some(joined) => {
                    joined.push_str(", ");
                    joined.push_str(value);
                }
                None => found = Some(String::from(value)),
            }
        }
        found
    }

    /// All names in lower case, sorted, each once.
    pub(super) fn names(self) -> Vec<String> {
        let mut names: Vec<String> = self.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The elements of a header that is a list of tokens; `None` when one of them is no token.
///
/// Spec: <https://fetch.spec.whatwg.org/#extract-header-list-values>
pub(super) fn list(value: &str) -> Option<Vec<&str>> {
    let elements = value.split(',').map(|element| element.trim_matches([' ', '\t']));
    elements
        .filter(|element| !element.is_empty())
        .map(|element| is_token(element).then_some(element))
        .collect()
}

const fn is_http_space(c: char) -> bool {
    matches!(c, '\t' | '\r' | ' ')
}
