use core::fmt;

use super::super::url::UrlError;

/// Why a table, a path or a redirect is refused.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ProxyError {
    /// A control character, a space, a backslash, or something that is not ASCII.
    BadCharacter,
    /// A `%` without two hexadecimal digits behind it.
    BadEscape,
    /// The local folder does not begin and end with a slash, or is not made of letters, digits and `-._~`.
    BadPrefix,
    /// The upstream is no address.
    BadUpstream(UrlError),
    /// The address is none.
    BadUrl(UrlError),
    /// `.` or `..` as a segment, also in front of a `;`.
    DotSegment,
    /// Two routes with one local folder.
    DuplicatePrefix,
    /// Two slashes in a row: some servers make one of them.
    EmptySegment,
    /// An encoded dot, slash, backslash or control character, once or twice encoded.
    EncodedSeparator,
    /// A redirect that leaves the upstream's folder.
    ForeignRedirect,
    /// No route covers it.
    NoRoute,
    /// An http upstream that is not on the machine itself.
    PlainUpstream,
    /// The upstream does not end with a slash, has a query or a fragment, or unusual letters in its path.
    UpstreamNotFolder,
}

impl ProxyError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoRoute => "proxy/no-route",
            _ => "proxy/invalid",
        }
    }

    /// What is wrong, as the end of a sentence that begins with the text.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadCharacter => "has a character that no canonical path has",
            Self::BadEscape => "has a % without two hexadecimal digits",
            Self::BadPrefix => {
                "is no local folder: it begins and ends with / and has letters, digits and -._~ between"
            }
            Self::BadUpstream(error) | Self::BadUrl(error) => error.reason(),
            Self::DotSegment => "has a segment . or ..",
            Self::DuplicatePrefix => "is routed twice",
            Self::EmptySegment => "has two slashes in a row",
            Self::EncodedSeparator => "has an encoded dot, slash, backslash or control character",
            Self::ForeignRedirect => "leads out of the upstream's folder",
            Self::NoRoute => "is covered by no route",
            Self::PlainUpstream => "is http beyond the machine itself; use https",
            Self::UpstreamNotFolder => "is no upstream folder: it ends with / and has no query",
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for ProxyError {}

/// Which pair of a table is wrong, and why.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct InvalidRoute {
    /// Position in the table, from 0.
    pub index: usize,
    /// What is wrong with the pair.
    pub error: ProxyError,
}

impl fmt::Display for InvalidRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "route {} {}", self.index, self.error)
    }
}

impl core::error::Error for InvalidRoute {}
