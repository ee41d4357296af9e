//! Files, hosts and policies.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::{Site, header, json, text};

#[tokio::test]
async fn every_loopback_host_sees_the_pages_and_no_other_does() {
    let site = Site::playground("hosts");
    for host in ["host.localhost:8787", "guest.localhost:8787", "a.b.partner.test", "127.0.0.1:1"] {
        let response = site.get(host, "/demo/").await;
        assert_eq!(response.status(), StatusCode::OK, "{host}");
        assert!(text(response).await.contains("demo"), "{host}");
    }
    for host in ["shop.example", "localhost.evil.example:8787", "10.0.0.1"] {
        assert_eq!(site.get(host, "/demo/").await.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let nameless = site.send(Request::get("/demo/").body(Body::empty()).unwrap()).await;
    assert_eq!(nameless.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn the_front_door_leads_to_the_host_page() {
    let site = Site::playground("front");
    assert_eq!(header(&site.get("127.0.0.1:81", "/").await, "location"), "//host.localhost:81/demo/");
    assert_eq!(header(&site.get("host.localhost:81", "/").await, "location"), "/demo/");
}

#[tokio::test]
async fn the_package_loads_in_pages_of_any_origin() {
    let site = Site::playground("package");
    for (path, kind) in [("/dist/index.js", "text/javascript"), ("/dist/channel.wasm", "application/wasm")] {
        let response = site.get("guest.localhost", path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "access-control-allow-origin"), "*");
        assert_eq!(header(&response, "cross-origin-resource-policy"), "cross-origin");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    }
    let missing = site.get("guest.localhost", "/dist/requests.js").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(text(missing).await.contains("npm run build"));
}

#[tokio::test]
async fn no_path_leaves_its_directory() {
    let site = Site::with_tests("traversal");
    for path in [
        "/demo/../dist/index.js",
        "/demo/%2e%2e/dist/index.js",
        "/pages/..%2fdist/index.js",
        "/dist/%5c..%5cdemo",
    ] {
        let status = site.get("host.localhost", path).await.status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
}

#[tokio::test]
async fn playground_pages_run_under_a_strict_policy() {
    let site = Site::playground("policy");
    let response = site.get("host.localhost", "/demo/").await;
    let policy = header(&response, "content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("require-trusted-types-for 'script'"));
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
}

#[tokio::test]
async fn the_site_names_its_ports() {
    let site = Site::playground("ports");
    let ports = json(site.get("host.localhost", "/site.json").await).await;
    assert_eq!(ports, serde_json::json!({ "port": 8787, "ports": [8787], "https": null }));
}

#[tokio::test]
async fn queries_shape_answers_in_tests_only() {
    let query = "csp=script-src%20'self'&oac=%3F1&coop=same-origin&status=418&headers=%7B%22x-a%22%3A%22b%22%2C%22cross-origin-resource-policy%22%3A%22%22%7D";
    let site = Site::with_tests("shape");
    let response = site.get("host.localhost", &format!("/pages/page.html?{query}")).await;
    assert_eq!(response.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(header(&response, "content-security-policy"), "script-src 'self'");
    assert_eq!(header(&response, "origin-agent-cluster"), "?1");
    assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
    assert_eq!(header(&response, "x-a"), "b");
    assert_eq!(header(&response, "cross-origin-resource-policy"), "");
    assert!(text(response).await.contains("page"));

    let playground = Site::playground("no-shape");
    let response = playground.get("host.localhost", &format!("/demo/?{query}")).await;
    assert_eq!((response.status(), header(&response, "x-a")), (StatusCode::OK, ""));
    for path in ["/pages/page.html", "/test/echo", "/hits", "/sink/a"] {
        assert_eq!(playground.get("host.localhost", path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_query_no_answer_can_follow_is_a_bad_request() {
    let site = Site::with_tests("misshape");
    for query in ["status=9", "status=x", "headers=%5B%5D", "csp=%0a", "headers=%7B%22a%20b%22%3A%22%22%7D"] {
        let status = site.get("host.localhost", &format!("/test/blank?{query}")).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_held_back_as_long_as_asked() {
    let site = Site::with_tests("delay");
    let start = tokio::time::Instant::now();
    assert_eq!(site.get("host.localhost", "/test/blank?delay=2000").await.status(), StatusCode::OK);
    assert_eq!(start.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn two_origins_are_compared() {
    let site = Site::playground("compare");
    #[rustfmt::skip]
    let table = [
        // left                      right                            same origin  same site  why
        ("https://a.shop.example",   "https://a.shop.example",        true,        true,      "the same"),
        ("https://a.shop.example",   "https://b.shop.example:8443",   false,       true,      "one registrable domain"),
        ("https://a.shop.example",   "http://a.shop.example",         false,       false,     "another scheme"),
        ("https://a.co.uk",          "https://b.co.uk",               false,       false,     "a public suffix"),
        ("https://a.github.io",      "https://b.github.io",           false,       false,     "so is this one"),
        ("null",                     "null",                          false,       false,     "opaque"),
    ];
    for (left, right, same_origin, same_site, why) in table {
        let answer =
            json(site.get("host.localhost", &format!("/compare?left={left}&right={right}")).await).await;
        assert_eq!(
            (&answer["same_origin"], &answer["same_site"]),
            (&same_origin.into(), &same_site.into()),
            "{why}"
        );
    }
}

#[tokio::test]
async fn two_pages_are_compared_by_the_domains_they_set() {
    const SUFFIX: Option<&str> = Some("the domain is a public suffix: anybody may own a name below it");
    let site = Site::playground("compare-domains");
    let (a, b) = ("https://a.shop.example", "https://b.shop.example:8443");
    #[rustfmt::skip]
    let table = [
        // left, its domain     right, its domain                           same origin-domain  refused
        ((a, ""),               (a, ""),                                    true,               [None, None]),
        ((a, ""),               (b, ""),                                    false,              [None, None]),
        ((a, "shop.example"),   (b, "shop.example"),                        true,               [None, None]),
        ((a, "shop.example"),   (a, ""),                                    false,              [None, None]),
        ((a, "shop.example"),   ("http://b.shop.example", "shop.example"),  false,              [None, None]),
        ((a, "shop.example"),   ("https://b.shop.example.org", "shop.example"), false,          [None, Some("the domain is neither the page's host nor above it")]),
        (("https://a.co.uk", "co.uk"), ("https://b.co.uk", "co.uk"),        false,              [SUFFIX, SUFFIX]),
        ((a, "example"),        (a, ""),                                    true,               [SUFFIX, None]),
        (("nonsense", "a.example"), (a, ""),                                false,              [None, None]),
        (("null", "a.example"), ("null", ""),                               false,              [Some("the page's origin is opaque (a sandboxed frame), so it has no domain"), None]),
    ];
    for ((left, its), (right, theirs), expected, refused) in table {
        let query = format!("left={left}&left_domain={its}&right={right}&right_domain={theirs}");
        let answer = json(site.get("host.localhost", &format!("/compare?{query}")).await).await;
        assert_eq!(answer["same_origin_domain"], expected, "{query}");
        assert_eq!(["left", "right"].map(|side| answer[side]["domain_refused"].as_str()), refused, "{query}");
    }
}

/// The JSONP page's policy names the package's own script by its hash; the source of the package says which it is.
#[tokio::test]
async fn the_jsonp_page_allows_the_packages_frame() {
    let source = include_str!("../../../lib/requests/jsonp-frame.ts");
    let (_, rest) = source.split_once("JSONP_FRAME_HASH = \"").unwrap();
    let (hash, _) = rest.split_once('"').unwrap();
    let site = Site::playground("jsonp-policy");
    let response = site.get("host.localhost", "/demo/jsonp.html").await;
    let policy = header(&response, "content-security-policy");
    assert!(policy.contains(&format!("'{hash}'")), "put {hash} into src/policy.rs");
}
