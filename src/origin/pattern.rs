use super::{Origin, OriginError, read};

/// Which origins an entry of an allow-list means: one, or all subdomains of a name.
///
/// `https://*.pay.example` is every subdomain of any depth, never `https://pay.example` itself;
/// scheme and port are exact.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OriginPattern {
    /// The origin meant, or one with a `*` before the apex.
    text: Origin,
    is_wild: bool,
}

impl OriginPattern {
    /// Takes a canonical origin, or one whose host begins with `*.`.
    ///
    /// # Errors
    ///
    /// Those of [`Origin::parse`] (`NullPattern` for `"null"`), `BadWildcard` for a `*` elsewhere or over an IP
    /// address, `TooWide` for `*`, `https://*` and `*.` over one label.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let is_wild = read(text.as_bytes(), true)?;
        Ok(Self { text: Origin(text.into()), is_wild })
    }

    /// Whether the pattern means this origin.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        self.means(origin.as_str())
    }

    /// Whether the pattern means the origin with this text, which must be one.
    pub(super) fn means(&self, origin: &str) -> bool {
        let (own, origin) = (self.text.as_str().as_bytes(), origin.as_bytes());
        if !self.is_wild {
            return origin == own;
        }
        let bytes = if own.starts_with(b"https:") { "https://" } else { "http://" }.len();
        // Both are well-formed, so what stands in the place of the star is one label or more.
        let (Some(scheme), Some(apex)) = (own.get(..bytes), own.get(bytes + 1..)) else { return false };
        origin.starts_with(scheme) && origin.ends_with(apex)
    }

    /// The one origin meant, unless the pattern is a wildcard.
    #[must_use]
    pub const fn exact(&self) -> Option<&Origin> {
        if self.is_wild { None } else { Some(&self.text) }
    }
}
