use core::fmt;

/// Why a text is not an [`Origin`](super::Origin) or not an [`OriginPattern`](super::OriginPattern).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OriginError {
    /// The host is neither a lower-case ASCII name nor a canonical IP address.
    BadHost,
    /// The port is not a number up to 65535, or it is the scheme's default, which is not written.
    BadPort,
    /// The text does not begin with `http://` or `https://`.
    BadScheme,
    /// A `*` that is not the whole leftmost label of a host name.
    BadWildcard,
    /// A path, query, fragment or user name stands beside the host.
    HasPath,
    /// `"null"` in an allow-list: all opaque origins have this text, so it would name every sandboxed frame.
    NullPattern,
    /// The origin is opaque (`"null"`): a sandboxed frame, a `data:` URL, a local file.
    Opaque,
    /// A pattern for half the web: `*`, `https://*`, or `*.` over a single label.
    TooWide,
}

impl OriginError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opaque => "origin/opaque",
            Self::TooWide => "origin/too-wide",
            _ => "origin/invalid",
        }
    }

    /// Stable number from 1 upwards, for a border that carries only numbers.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::BadHost => 1,
            Self::BadPort => 2,
            Self::BadScheme => 3,
            Self::BadWildcard => 4,
            Self::HasPath => 5,
            Self::NullPattern => 6,
            Self::Opaque => 7,
            Self::TooWide => 8,
        }
    }

    /// What is wrong, as the end of a sentence that begins with the text.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadHost => "has a host that is neither a lower-case ASCII name nor a canonical IP address",
            Self::BadPort => "has a port that is no number up to 65535 or that is the default of its scheme",
            Self::BadScheme => "does not begin with http:// or https://",
            Self::BadWildcard => "has a * that is not the whole leftmost label of a host name",
            Self::HasPath => "has a path, query, fragment or user name beside its host",
            Self::NullPattern => "would name every sandboxed frame",
            Self::Opaque => "is an opaque origin, which is equal to no other",
            Self::TooWide => "names too many origins",
        }
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for OriginError {}
