use alloc::vec::Vec;
use core::fmt;

use super::{Origin, OriginError, OriginPattern, read};

/// The origins that may be the peer.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct AllowList {
    patterns: Vec<OriginPattern>,
    any: bool,
}

/// Which entry of a list is wrong, and why.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct InvalidEntry {
    /// Position in the list, from 0.
    pub index: usize,
    /// What is wrong with the entry.
    pub error: OriginError,
}

impl AllowList {
    /// Takes a list of patterns. `any` says that an entry `*` is meant: every origin but an opaque one.
    ///
    /// # Errors
    ///
    /// The first entry that is not an [`OriginPattern`].
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>, any: bool) -> Result<Self, InvalidEntry> {
        let mut list = Self::default();
        for (index, text) in entries.into_iter().enumerate() {
            if any && text == "*" {
                list.any = true;
                continue;
            }
            match OriginPattern::parse(text) {
                Ok(pattern) => list.patterns.push(pattern),
                Err(error) => return Err(InvalidEntry { index, error }),
            }
        }
        Ok(list)
    }

    /// Whether this origin may be the peer.
    #[must_use]
    pub fn allows(&self, origin: &Origin) -> bool {
        self.means(origin.as_str())
    }

    /// Whether this text is an origin, and one that may be the peer.
    #[must_use]
    pub fn admits(&self, origin: &str) -> bool {
        read(origin.as_bytes(), false).is_ok() && self.means(origin)
    }

    fn means(&self, origin: &str) -> bool {
        self.any || self.patterns.iter().any(|pattern| pattern.means(origin))
    }

    /// The origin, if the list holds exactly one and no wildcard.
    #[must_use]
    pub fn exact(&self) -> Option<&Origin> {
        match self.patterns.as_slice() {
            [one] if !self.any => one.exact(),
            _ => None,
        }
    }

    /// Whether the list holds `*`.
    #[must_use]
    pub const fn allows_any(&self) -> bool {
        self.any
    }

    /// Whether no origin at all is allowed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any && self.patterns.is_empty()
    }
}

impl fmt::Display for InvalidEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} {}", self.index, self.error)
    }
}

impl core::error::Error for InvalidEntry {}
