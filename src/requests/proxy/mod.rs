//! Proxy routes: which local paths stand for which upstream, and who may call them.
//!
//! One table serves the page (`rewrite`), the server (`resolve`, `check_caller`), and the configuration
//! of nginx, Caddy and Vite. Nothing is normalised: a path that two programs could read differently is
//! refused, so none of them can be led out of its upstream.

mod caller;
mod config;
mod error;
mod path;

pub use caller::{Caller, CallerDenied, check_caller};
pub use config::ConfigKind;
pub use error::{InvalidRoute, ProxyError};

use alloc::string::String;
use alloc::vec::Vec;

use super::url::{HttpUrl, UrlError};
use crate::origin::Origin;
use crate::text::before;

/// One entry of the table: a local folder and the folder of another server that it stands for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Route {
    prefix: String,
    upstream: Origin,
    folder: String,
}

impl Route {
    /// The local folder: begins and ends with a slash.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The origin of the other server.
    #[must_use]
    pub const fn upstream(&self) -> &Origin {
        &self.upstream
    }

    /// The folder on the other server: begins and ends with a slash.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    fn parse(prefix: &str, upstream: &str) -> Result<Self, ProxyError> {
        if !path::is_plain_folder(prefix) {
            return Err(ProxyError::BadPrefix);
        }
        let url = HttpUrl::parse(upstream).map_err(ProxyError::BadUpstream)?;
        if url.query().is_some() || url.as_str().len() != upstream.len() || !path::is_plain_folder(url.path())
        {
            return Err(ProxyError::UpstreamNotFolder);
        }
        let origin = url.origin().map_err(|_| ProxyError::BadUpstream(UrlError::BadHost))?;
        // What a page sends to its own https origin must not leave it in the clear.
        if url.scheme() == "http" && !url.host().is_loopback() {
            return Err(ProxyError::PlainUpstream);
        }
        Ok(Self { prefix: String::from(prefix), upstream: origin, folder: String::from(url.path()) })
    }

    /// The local path for the rest of an upstream address.
    fn local(&self, url: &HttpUrl<'_>, rest: &str) -> Result<String, ProxyError> {
        path::check(url.path())?;
        let local = [self.prefix.as_str(), rest].concat();
        path::check(&local)?;
        Ok(local)
    }

    /// The part of an upstream address below this route, with its query.
    fn below<'a>(&self, url: &HttpUrl<'a>) -> Option<&'a str> {
        if url.origin_str() != self.upstream.as_str() {
            return None;
        }
        url.as_str().get(url.origin_str().len()..)?.strip_prefix(self.folder.as_str())
    }
}

/// Where a local path leads.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Target<'a> {
    /// The address to ask.
    pub url: String,
    /// The route that led there.
    pub route: &'a Route,
}

/// The table. The longest prefix wins.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Routes {
    /// Longest prefix first.
    routes: Vec<Route>,
}

impl Routes {
    /// Takes pairs of a local folder and an upstream folder, such as `/api/` and
    /// `https://api.example/v1/`.
    ///
    /// # Errors
    ///
    /// The first wrong pair: `BadPrefix`, `BadUpstream`, `UpstreamNotFolder`, `PlainUpstream` for http beyond
    /// the machine itself, `DuplicatePrefix`.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidRoute> {
        let mut table = Self::default();
        for (index, (prefix, upstream)) in pairs.into_iter().enumerate() {
            let route = Route::parse(prefix, upstream).map_err(|error| InvalidRoute { index, error })?;
            if table.routes.iter().any(|other| other.prefix == route.prefix) {
                return Err(InvalidRoute { index, error: ProxyError::DuplicatePrefix });
            }
            let longer =
                |other: &Route| (other.prefix.len(), &route.prefix) >= (route.prefix.len(), &other.prefix);
            let at = table.routes.iter().take_while(|other| longer(other)).count();
            table.routes.insert(at, route);
        }
        Ok(table)
    }

    /// The routes, longest prefix first.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }

    /// Where a local path with its query leads. A fragment is dropped.
    ///
    /// # Errors
    ///
    /// `NoRoute`; `BadCharacter`, `BadEscape`, `DotSegment`, `EmptySegment`, `EncodedSeparator` for a path that
    /// could be read in two ways.
    pub fn resolve(&self, local: &str) -> Result<Target<'_>, ProxyError> {
        let local = before(local, b'#');
        path::check(local)?;
        for route in &self.routes {
            if let Some(rest) = local.strip_prefix(route.prefix.as_str()) {
                return Ok(Target { url: [route.upstream.as_str(), &route.folder, rest].concat(), route });
            }
        }
        Err(ProxyError::NoRoute)
    }

    /// The local path that stands for a canonical upstream address.
    ///
    /// # Errors
    ///
    /// Those of [`Routes::resolve`], and `BadUrl`.
    pub fn rewrite(&self, url: &str) -> Result<String, ProxyError> {
        let url = HttpUrl::parse(url).map_err(ProxyError::BadUrl)?;
        let mut found: Option<(&Route, &str)> = None;
        for route in &self.routes {
            // The longest folder leaves the shortest rest.
            if let Some(rest) =
                route.below(&url).filter(|rest| found.is_none_or(|(_, least)| rest.len() < least.len()))
            {
                found = Some((route, rest));
            }
        }
        let (route, rest) = found.ok_or(ProxyError::NoRoute)?;
        route.local(&url, rest)
    }
}

impl Target<'_> {
    /// The local path for a redirect that the upstream answered with; a proxy never follows one itself.
    ///
    /// # Errors
    ///
    /// `ForeignRedirect` for every place outside the route, and for a path that could be read in two ways.
    pub fn redirect(&self, location: &str) -> Result<String, ProxyError> {
        let base = HttpUrl::parse(&self.url).map_err(ProxyError::BadUrl)?;
        let absolute = path::resolve_reference(&base, location).ok_or(ProxyError::ForeignRedirect)?;
        let url = HttpUrl::parse(&absolute).map_err(|_| ProxyError::ForeignRedirect)?;
        let rest = self.route.below(&url).ok_or(ProxyError::ForeignRedirect)?;
        let local = [self.route.prefix.as_str(), rest].concat();
        path::check(url.path())
            .and_then(|()| path::check(&local))
            .map_err(|_| ProxyError::ForeignRedirect)?;
        Ok(local)
    }
}
