use core::fmt;

/// What a request to a route says about the page behind it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers fill it in; a new rule is a new field they must know of"
)]
pub struct Caller<'a> {
    /// The origin under which this server is reached.
    pub own_origin: &'a str,
    /// The value of `Origin`.
    pub origin: Option<&'a str>,
    /// The value of `Sec-Fetch-Site`.
    pub fetch_site: Option<&'a str>,
    /// The method.
    pub method: &'a str,
}

/// Why a request to a route is refused: answer 403 with `Vary: Origin`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CallerDenied {
    /// A page of another origin.
    ForeignOrigin,
    /// Neither `Origin` nor `Sec-Fetch-Site`, and a method that changes things.
    NoProof,
    /// A sandboxed page.
    NullOrigin,
    /// The browser says that another site asks.
    OtherSite,
}

impl CallerDenied {
    /// Why, as a sentence without its full stop.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::ForeignOrigin => "a page of another origin may not use this route",
            Self::NoProof => "only GET and HEAD need no Origin",
            Self::NullOrigin => "a sandboxed page may not use this route",
            Self::OtherSite => "another site may not use this route",
        }
    }
}

impl fmt::Display for CallerDenied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for CallerDenied {}

/// Whether a request may use a route: only pages of this origin, and users who open the address themselves.
///
/// Browsers send `Sec-Fetch-Site` only where the connection is trustworthy, so over plain http a GET may
/// come with neither header; its answer is then protected by the same-origin policy alone.
///
/// # Errors
///
/// All of [`CallerDenied`].
pub fn check_caller(caller: &Caller<'_>) -> Result<(), CallerDenied> {
    match caller.origin {
        Some("null") => return Err(CallerDenied::NullOrigin),
        Some(origin) if origin != caller.own_origin => return Err(CallerDenied::ForeignOrigin),
        _ => {}
    }
    match (caller.fetch_site, caller.origin) {
        (Some("same-origin" | "none"), _) | (None, Some(_)) => Ok(()),
        (Some(_), _) => Err(CallerDenied::OtherSite),
        (None, None) if matches!(caller.method, "GET" | "HEAD") => Ok(()),
        (None, None) => Err(CallerDenied::NoProof),
    }
}
