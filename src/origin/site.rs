use super::{Host, Origin};

/// Sites, by the Public Suffix List that the `psl` crate holds.
///
/// Browsers have other versions of the list, so a site is advice: to whom a cookie may go, whether two
/// origins may share a process. Authority is the exact origin's.
/// Spec: <https://html.spec.whatwg.org/#sites>
impl Origin {
    /// Whether both belong to one site: the same scheme and the same registrable domain, or else the
    /// same host. Ports do not count.
    #[must_use]
    pub fn is_same_site(&self, other: &Self) -> bool {
        self.scheme() == other.scheme() && self.is_schemelessly_same_site(other)
    }

    /// [`Origin::is_same_site`] without a look at the schemes.
    #[must_use]
    pub fn is_schemelessly_same_site(&self, other: &Self) -> bool {
        match (self.host().registrable_domain(), other.host().registrable_domain()) {
            (Some(one), Some(two)) => one == two,
            (None, None) => self.host() == other.host(),
            _ => false,
        }
    }
}

impl<'a> Host<'a> {
    /// The public suffix and one label more: the part that somebody registered. `None` for an IP
    /// address and for a host that is a public suffix itself.
    #[must_use]
    pub fn registrable_domain(self) -> Option<&'a str> {
        self.is_name().then(|| psl::domain_str(self.as_str())).flatten()
    }

    /// Whether anybody may register a name directly below this one: `com`, `co.uk`, `github.io`.
    ///
    /// A name that the list does not know ends in a suffix of one label.
    #[must_use]
    pub fn is_public_suffix(self) -> bool {
        self.is_name() && psl::suffix_str(self.as_str()) == Some(self.as_str())
    }
}
