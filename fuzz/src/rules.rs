//! Texts from outside: origins, callback names, headers, paths.

use portcullis::{
    origin::{AllowList, Origin},
    requests::{
        cors::{Credentials, Exchange, Headers, Page, Request, Response},
        jsonp::{CallbackName, wrap},
        proxy::Routes,
    },
};

/// An origin that parses is its own canonical text; a list of one allows exactly it.
pub fn origin_parse(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Ok(origin) = Origin::parse(text) else { return };
    assert_eq!(origin.as_str(), text);
    assert!(text.is_ascii() && !text.ends_with('/') && !text.contains(['@', '?', '#', '*', ' ']));
    let list = AllowList::parse([text], false).expect("an origin is an entry");
    assert!(list.allows(&origin));
    for other in ["https://pay.example", "http://localhost:1"] {
        let other = Origin::parse(other).expect("an origin");
        assert_eq!(list.allows(&other), other == origin);
    }
}

/// A callback name that parses can do nothing but be called.
pub fn jsonp_callback(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let Ok(name) = CallbackName::parse(text) else { return };
    assert!(
        text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(&byte))
    );
    let script = wrap(name, "{\"a\":1}");
    assert!(script.body.starts_with("/**/"));
}

/// Whatever headers a server sends: no panic, and a wildcard or `null` never opens a credentialed answer.
pub fn cors_headers(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let page = Page::parse("https://host.example").expect("a page");
    let (first, second) = text.split_once("\n\n").unwrap_or((text, ""));
    let request = Request {
        url: "https://api.example/data",
        method: "GET",
        headers: Headers::of_lines(second),
        credentials: Credentials::Include,
        streaming: false,
    };
    let response = Response { status: 200, headers: Headers::of_lines(first) };
    let exchange = Exchange { request, response, preflight: None, final_url: None };
    if let Ok(told) = exchange.explain(page) {
        if told.code.is_none() {
            assert!(first.contains("https://host.example"), "allowed without naming the page: {first:?}");
        }
    }
}

/// Whatever path is asked for, the address stays below the route's upstream.
pub fn proxy_paths(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let routes =
        Routes::parse([("/api/", "https://api.example/v1/"), ("/api/deep/", "http://127.0.0.1:9/x/")])
            .expect("well-formed routes");
    if let Ok(target) = routes.resolve(text) {
        let url = target.url;
        assert!(
            url.starts_with("https://api.example/v1/") || url.starts_with("http://127.0.0.1:9/x/"),
            "{text:?} leads to {url:?}"
        );
        let (path, _) = url.split_once('?').unwrap_or((&url, ""));
        assert!(!path.split('/').any(|part| part == ".."), "{text:?} leads to {url:?}");
        // In a query a backslash is a character like any other.
        assert!(!path.contains('\\'), "{text:?} leads to {url:?}");
        assert!(!url.contains(['\n', '\r', '\t', ' ']), "{text:?} leads to {url:?}");
    }
    if let Ok(local) = routes.rewrite(text) {
        assert!(local.starts_with("/api/"), "{text:?} becomes {local:?}");
    }
}
