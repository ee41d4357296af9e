//! The host a request is meant for.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use portcullis::origin;

/// The scheme a request came by; a layer of the https port says so, else it is http.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scheme {
    /// In the clear.
    #[default]
    Http,
    /// Under TLS.
    Https,
}

/// The authority a request names, known to be one of this server's: `guest.localhost:8787`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    scheme: Scheme,
    authority: String,
    name_bytes: usize,
}

impl Host {
    /// Reads the text of a `Host` header; none if it names no loopback host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let authority = text.to_ascii_lowercase();
        let name_bytes = match authority.rsplit_once(':') {
            // The last colon of a bare `[::1]` is part of the address.
            Some((name, port)) if !port.ends_with(']') => {
                port.parse::<u16>().ok()?;
                name.len()
            }
            _ => authority.len(),
        };
        let host = Self { scheme: Scheme::Http, authority, name_bytes };
        is_loopback_name(host.name()).then_some(host)
    }

    /// Host name and port, as in an origin.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The name without the port.
    #[must_use]
    pub fn name(&self) -> &str {
        self.authority.get(..self.name_bytes).unwrap_or_default()
    }

    /// The port with its colon, or nothing when the scheme's own is meant.
    #[must_use]
    pub fn port_suffix(&self) -> &str {
        self.authority.get(self.name_bytes..).unwrap_or_default()
    }

    /// The origin under which the request reached this server.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://{}", self.authority)
    }

    fn of(headers: &HeaderMap, uri: &Uri) -> Option<Self> {
        let from_target = uri.authority().map(axum::http::uri::Authority::as_str);
        let from_header = || headers.get(header::HOST)?.to_str().ok();
        Self::parse(from_target.or_else(from_header)?)
    }
}

/// Lets a request through only if it names a loopback host, and leaves the [`Host`] among its
/// extensions.
///
/// A page of a real site whose name an attacker points at 127.0.0.1 (DNS rebinding) would otherwise
/// be same-origin with this server.
pub async fn only_loopback(mut request: Request, next: Next) -> Response {
    let Some(mut host) = Host::of(request.headers(), request.uri()) else {
        let reason = "this server answers for localhost, *.localhost and *.test only\n";
        return (StatusCode::MISDIRECTED_REQUEST, reason).into_response();
    };
    host.scheme = request.extensions().get().copied().unwrap_or_default();
    request.extensions_mut().insert(host);
    next.run(request).await
}

fn is_loopback_name(name: &str) -> bool {
    // `.test` is no loopback name by itself: a browser reaches us under it only if it was told to.
    origin::Host::parse(name).is_ok_and(|host| host.is_loopback() || host.is_subdomain_of("test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_hosts() {
        #[rustfmt::skip]
        let table = [
            // text                        name                          why
            ("host.localhost:8787",        Some("host.localhost"),       "the usual one"),
            ("Guest.LocalHost",            Some("guest.localhost"),      "case does not matter"),
            ("a.b.partner.test:1",         Some("a.b.partner.test"),     "sites of tests"),
            ("127.0.0.1:80",               Some("127.0.0.1"),            "an address"),
            ("[::1]:8787",                 Some("[::1]"),                "an address with colons"),
            ("[::1]",                      Some("[::1]"),                "and without a port"),
            ("localhost",                  Some("localhost"),            "the apex"),
            ("test",                       None,                         "a bare top-level name"),
            ("shop.example:8787",          None,                         "DNS rebinding"),
            ("localhost.evil.example",     None,                         "a prefix is not a name"),
            ("evil.example#.localhost",    None,                         "not a label"),
            ("a..localhost",               None,                         "an empty label"),
            ("host.localhost:x",           None,                         "not a port"),
            ("host.localhost:99999",       None,                         "not a port either"),
            ("",                           None,                         "nothing"),
        ];
        for (text, expected, why) in table {
            let host = Host::parse(text);
            assert_eq!(host.as_ref().map(Host::name), expected, "{text}: {why}");
        }
    }

    #[test]
    fn a_port_keeps_its_colon() {
        assert_eq!(Host::parse("host.localhost:81").unwrap().port_suffix(), ":81");
        assert_eq!(Host::parse("host.localhost").unwrap().port_suffix(), "");
    }
}
