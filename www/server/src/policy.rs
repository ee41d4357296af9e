//! The security headers of the playground pages.

use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::host::Host;

/// The script that the package writes into the frame of an isolated JSONP call, as its source says.
const JSONP_FRAME_HASH: &str = "'sha256-VbsoVOLQXDVq5hLIfWkEpjQg+JnY0CMb7higUu5fuQA='";

/// What a page needs beside what all pages need.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    /// More sources of scripts.
    scripts: &'static str,
    /// More sources of style sheets.
    styles: &'static str,
}

fn needs(path: &str) -> Needs {
    match path.rsplit('/').next() {
        // The only page that runs another origin's scripts, in a frame that can touch nothing.
        Some("jsonp.html") => {
            Needs { scripts: "http://guest.localhost:* https://guest.localhost:*", ..Needs::default() }
        }
        // It loads another origin's style sheet to show that its rules cannot be read.
        Some("policy.html") => {
            Needs { styles: "http://guest.localhost:* https://guest.localhost:*", ..Needs::default() }
        }
        _ => Needs::default(),
    }
}

/// What the playground's pages may load: their own files and frames of the playground's other
/// origins. No inline code, no `eval`; `'wasm-unsafe-eval'` is all that the package asks for.
fn content_security_policy(host: &Host, path: &str) -> String {
    const ANY: &str = "http://*.localhost:* https://*.localhost:*";
    let Needs { scripts, styles } = needs(path);
    let hash = if scripts.is_empty() { "" } else { JSONP_FRAME_HASH };
    // By folder and not 'self', which would cover the JSONP answers and what comes through the proxy
    // routes as well; in a sandboxed page WebKit's 'self' matches nothing besides.
    let origin = host.origin();
    format!(
        "default-src 'none'; script-src {origin}/demo/ {origin}/dist/ 'wasm-unsafe-eval' {hash} {scripts}; \
         style-src {origin}/demo/ {styles}; img-src 'self' data: {ANY}; font-src 'self'; connect-src 'self' {ANY}; \
         frame-src 'self' {ANY}; worker-src {origin}/demo/; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self' {ANY}; require-trusted-types-for 'script'; trusted-types portcullis"
    )
}

/// Whether the pages of a host share their agent cluster with the rest of their site. A browser
/// remembers its first answer, so it is the same for all pages of a host.
fn origin_agent_cluster(host: &Host) -> Option<&'static str> {
    const CLUSTERS: [(&str, &str); 2] = [(".relaxed.localhost", "?0"), (".keyed.localhost", "?1")];
    CLUSTERS.iter().find(|(domain, _)| host.name().ends_with(domain)).map(|&(_, cluster)| cluster)
}

/// Puts the pages' policy on an answer that has none yet.
pub async fn protect(Extension(host): Extension<Host>, request: Request, next: Next) -> Response {
    let policy = content_security_policy(&host, request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    set(headers, header::CONTENT_SECURITY_POLICY, &policy);
    set(headers, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    set(headers, HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if let Some(cluster) = origin_agent_cluster(&host) {
        set(headers, HeaderName::from_static("origin-agent-cluster"), cluster);
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // Policies are made of constants and of a parsed host, so they are header values.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.entry(name).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_jsonp_page_runs_foreign_scripts() {
        let host = Host::parse("host.localhost:81").unwrap();
        assert!(content_security_policy(&host, "/demo/jsonp.html").contains("guest.localhost:*"));
        let other = content_security_policy(&host, "/demo/hub.html");
        assert!(!other.contains("guest.localhost") && !other.contains("sha256"), "{other}");
        let scripts =
            "script-src http://host.localhost:81/demo/ http://host.localhost:81/dist/ 'wasm-unsafe-eval'";
        assert!(other.contains(scripts), "{other}");
    }

    #[test]
    fn a_host_is_keyed_one_way_for_all_its_pages() {
        #[rustfmt::skip]
        let table = [
            // host                   header
            ("a.relaxed.localhost",   Some("?0")),
            ("relaxed.localhost",     None),
            ("unrelaxed.localhost",   None),
            ("b.keyed.localhost:1",   Some("?1")),
            ("host.localhost",        None),
        ];
        for (name, expected) in table {
            assert_eq!(origin_agent_cluster(&Host::parse(name).unwrap()), expected, "{name}");
        }
    }
}
