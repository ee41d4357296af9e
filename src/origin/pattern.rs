use super::{Host, Origin, OriginError, host_of, scheme_of};

/// Which origins an entry of an allow-list means: one, or all subdomains of a name.
///
/// `https://*.pay.example` is every subdomain of any depth, never `https://pay.example` itself;
/// scheme and port are exact.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct OriginPattern(Kind);

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Kind {
    Exact(Origin),
    /// Scheme, port and host of the apex, which itself is not meant.
    SubdomainsOf(Origin),
}

impl OriginPattern {
    /// Takes a canonical origin, or one whose host begins with `*.`.
    ///
    /// # Errors
    ///
    /// Those of [`Origin::parse`] (`NullPattern` for `"null"`), `BadWildcard` for a `*` elsewhere or over an IP
    /// address, `TooWide` for `*`, `https://*` and `*.` over one label.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text == "null" {
            return Err(OriginError::NullPattern);
        }
        if !has_star(text) {
            return Origin::parse(text).map(|origin| Self(Kind::Exact(origin)));
        }
        if text == "*" {
            return Err(OriginError::TooWide);
        }
        let host = host_of(text)?;
        if host == "*" {
            return Err(OriginError::TooWide);
        }
        let base = host.strip_prefix("*.").ok_or(OriginError::BadWildcard)?;
        if has_star(base) {
            return Err(OriginError::BadWildcard);
        }
        if !Host::parse(base)?.is_name() {
            return Err(OriginError::BadWildcard);
        }
        if !base.bytes().any(|b| b == b'.') {
            return Err(OriginError::TooWide);
        }
        let (scheme, colon) = (scheme_of(text), "://");
        // Behind scheme, colon, slashes and wildcard comes the base with its port.
        let apex = [scheme, colon, text.get(scheme.len() + colon.len() + 2..).unwrap_or("")].concat();
        Ok(Self(Kind::SubdomainsOf(Origin(apex.into()))))
    }

    /// Whether the pattern means this origin.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        match &self.0 {
            Kind::Exact(exact) => exact == origin,
            Kind::SubdomainsOf(apex) => {
                apex.scheme() == origin.scheme()
                    && apex.port() == origin.port()
                    && origin.host().is_subdomain_of(apex.host().as_str())
            }
        }
    }

    /// The one origin meant, unless the pattern is a wildcard.
    #[must_use]
    pub const fn exact(&self) -> Option<&Origin> {
        match &self.0 {
            Kind::Exact(origin) => Some(origin),
            Kind::SubdomainsOf(_) => None,
        }
    }
}

fn has_star(text: &str) -> bool {
    text.bytes().any(|b| b == b'*')
}
