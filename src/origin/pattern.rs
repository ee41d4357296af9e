use alloc::boxed::Box;

use super::{Origin, OriginError, read, scheme_of};

/// Which origins an entry of an allow-list means: one, or all subdomains of a name.
///
/// `https://*.pay.example` is every subdomain of any depth, never `https://pay.example` itself;
/// scheme and port are exact.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OriginPattern {
    /// The origin meant, or the apex whose subdomains are.
    origin: Origin,
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
        let (scheme, rest) = text.split_at_checked(scheme_bytes(text)).unwrap_or_default();
        let origin: Box<str> = [scheme, rest.strip_prefix("*.").unwrap_or(rest)].concat().into();
        Ok(Self { origin: Origin(origin), is_wild })
    }

    /// Whether the pattern means this origin.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        self.means(origin.as_str())
    }

    /// Whether the pattern means the origin with this text, which must be one.
    pub(super) fn means(&self, origin: &str) -> bool {
        let apex = self.origin.as_str();
        if !self.is_wild {
            return origin == apex;
        }
        let bytes = scheme_bytes(apex);
        let (Some((scheme, apex)), Some((own, rest))) =
            (apex.split_at_checked(bytes), origin.split_at_checked(bytes))
        else {
            return false;
        };
        // Both are origins, so what stands before the dot is one label or more.
        scheme == own && rest.strip_suffix(apex).is_some_and(|labels| labels.as_bytes().last() == Some(&b'.'))
    }

    /// The one origin meant, unless the pattern is a wildcard.
    #[must_use]
    pub const fn exact(&self) -> Option<&Origin> {
        if self.is_wild { None } else { Some(&self.origin) }
    }
}

/// How many bytes the scheme takes, with the slashes behind it.
fn scheme_bytes(text: &str) -> usize {
    scheme_of(text).len() + "://".len()
}
