//! CORS: the right policy, and the wrong ones.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};

use crate::{Site, header, json};

const PAGE: &str = "http://host.localhost:8787";

async fn ask(
    site: &Site,
    method: &str,
    path: &str,
    origin: &str,
    preflight: Option<(&str, &str)>,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "guest.localhost:8787");
    if !origin.is_empty() {
        request = request.header("origin", origin);
    }
    if let Some((method, headers)) = preflight {
        request = request.header("access-control-request-method", method);
        request = request.header("access-control-request-headers", headers);
    }
    site.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn the_listed_page_may_ask_and_read() {
    let site = Site::playground("cors");
    let preflight = ask(&site, "OPTIONS", "/cors/good", PAGE, Some(("PUT", "x-demo"))).await;
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&preflight, "access-control-allow-origin"), PAGE);
    assert_eq!(header(&preflight, "access-control-allow-credentials"), "true");
    assert!(header(&preflight, "access-control-allow-methods").contains("PUT"));

    let answer = ask(&site, "PUT", "/cors/good", PAGE, None).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, "access-control-allow-origin"), PAGE);
    assert_eq!(header(&answer, "access-control-expose-headers"), "x-answer");
    assert_eq!(json(answer).await["origin"], PAGE);
}

#[tokio::test]
async fn nobody_else_may_and_every_answer_varies() {
    let site = Site::playground("cors-others");
    #[rustfmt::skip]
    let table = [
        // origin                             why
        ("null",                              "a sandboxed page"),
        ("http://evil.localhost:8787",        "another host"),
        ("http://host.localhost:8788",        "another port"),
        ("https://host.localhost:8787",       "another scheme"),
        ("http://host.localhost:8787/",       "not an origin"),
        ("http://host.localhost:8787.evil.test", "a prefix of it"),
    ];
    for (origin, why) in table {
        for (method, preflight) in [("GET", None), ("POST", None), ("OPTIONS", Some(("PUT", "x-demo")))] {
            let answer = ask(&site, method, "/cors/good", origin, preflight).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {origin}: {why}");
            assert_eq!(header(&answer, "access-control-allow-origin"), "", "{method} {origin}: {why}");
            assert!(header(&answer, "vary").contains("Origin"), "{method} {origin}: {why}");
        }
    }
    let own = ask(&site, "GET", "/cors/good", "", None).await;
    assert_eq!((own.status(), header(&own, "vary")), (StatusCode::OK, "Origin"));
}

#[tokio::test]
async fn anybody_may_send_a_beacon_and_only_the_listed_page_a_typed_one() {
    let site = Site::playground("cors-beacon");
    let simple = ask(&site, "POST", "/beacon/c", "null", None).await;
    assert_eq!(
        (simple.status(), header(&simple, "access-control-allow-origin")),
        (StatusCode::NO_CONTENT, "")
    );
    let typed = Some(("POST", "content-type"));
    assert_eq!(ask(&site, "OPTIONS", "/beacon/c", PAGE, typed).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(ask(&site, "OPTIONS", "/beacon/c", "null", typed).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn tests_may_wish_for_a_policy() {
    let site = Site::with_tests("cors-wish");
    let path = "/test/cors?allow=http://a.partner.test:1,https://*.b.test&methods=PUT&credentials=true";
    let answer = ask(&site, "PUT", path, "https://x.b.test", None).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), "https://x.b.test");
    assert_eq!(ask(&site, "PUT", path, "https://b.test", None).await.status(), StatusCode::FORBIDDEN);
    let any = ask(&site, "GET", "/test/cors?allow=*&credentials=true", "https://x.test", None).await;
    assert_eq!(header(&any, "access-control-allow-origin"), "*");
    assert_eq!(header(&any, "access-control-allow-credentials"), "");
    let nonsense = ask(&site, "GET", "/test/cors?allow=https://*", "https://x.test", None).await;
    assert_eq!(nonsense.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn each_wrong_answer_has_its_one_mistake() {
    let site = Site::playground("cors-wrong");
    #[rustfmt::skip]
    let table = [
        // mistake                 header                                expected on the answer
        ("list",                   "access-control-allow-origin",        "http://host.localhost:8787, http://other.localhost"),
        ("missing",                "access-control-allow-origin",        ""),
        ("no-vary",                "vary",                               ""),
        ("not-exposed",            "access-control-expose-headers",      ""),
        ("reflected",              "access-control-allow-origin",        PAGE),
        ("trailing-slash",         "access-control-allow-origin",        "http://host.localhost:8787/"),
        ("true-case",              "access-control-allow-credentials",   "True"),
        ("upper-case",             "access-control-allow-origin",        "HTTP://HOST.LOCALHOST:8787"),
        ("wildcard-credentials",   "access-control-allow-origin",        "*"),
        ("redirect",               "location",                           "//evil.localhost:8787/cors/wrong/reflected"),
        ("redirect-user",          "location",                           "//user:word@guest.localhost:8787/cors/wrong/reflected"),
    ];
    for (mistake, name, expected) in table {
        let answer = ask(&site, "GET", &format!("/cors/wrong/{mistake}"), PAGE, None).await;
        assert_eq!(header(&answer, name), expected, "{mistake}");
    }
    let twice = ask(&site, "GET", "/cors/wrong/twice", PAGE, None).await;
    assert_eq!(twice.headers().get_all("access-control-allow-origin").iter().count(), 2);
    let reflected = ask(&site, "GET", "/cors/wrong/reflected", "null", None).await;
    assert_eq!(header(&reflected, "access-control-allow-origin"), "null");

    #[rustfmt::skip]
    let preflights = [
        // mistake                 status                   header                           expected on the preflight
        ("lower-case-methods",     StatusCode::NO_CONTENT,  "access-control-allow-methods",  "put, patch, delete"),
        ("no-headers",             StatusCode::NO_CONTENT,  "access-control-allow-headers",  ""),
        ("no-methods",             StatusCode::NO_CONTENT,  "access-control-allow-methods",  ""),
        ("preflight-forbidden",    StatusCode::FORBIDDEN,   "access-control-allow-origin",   PAGE),
        ("preflight-redirect",     StatusCode::FOUND,       "access-control-allow-origin",   PAGE),
        ("wildcard-headers",       StatusCode::NO_CONTENT,  "access-control-allow-headers",  "*"),
    ];
    for (mistake, status, name, expected) in preflights {
        let path = format!("/cors/wrong/{mistake}");
        let answer = ask(&site, "OPTIONS", &path, PAGE, Some(("PUT", "x-demo"))).await;
        assert_eq!((answer.status(), header(&answer, name)), (status, expected), "{mistake}");
    }
}
