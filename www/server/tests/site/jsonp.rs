//! JSONP, played by the rules and against them.

use axum::http::StatusCode;
use http_body_util::BodyExt as _;

use crate::{Site, header, text};

#[tokio::test]
async fn a_good_answer_is_a_guarded_call() {
    let site = Site::playground("jsonp");
    let response = site.get("guest.localhost", "/jsonp/echo?callback=receive&name=%3C/script%3E&n=1").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), "application/javascript; charset=utf-8");
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    let body = text(response).await;
    assert!(body.starts_with("/**/") && body.contains("receive(") && body.contains(r#""n":"1""#), "{body}");
    assert!(!body.contains("</script"), "{body}");
}

#[tokio::test]
async fn a_callback_that_is_no_name_is_refused_everywhere() {
    let site = Site::playground("callback");
    for path in ["/jsonp/time", "/jsonp/echo", "/jsonp/hostile/code", "/jsonp/hostile/late"] {
        for callback in ["alert(1)//", "a.b", "__proto__;", "", "%E2%80%A8"] {
            let status = site.get("guest.localhost", &format!("{path}?callback={callback}")).await.status();
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {callback}");
        }
    }
}

#[tokio::test]
async fn hostile_answers_are_hostile_in_their_own_way() {
    let site = Site::playground("hostile");
    #[rustfmt::skip]
    let table = [
        // kind             status                  type                               in the body
        ("code",            StatusCode::OK,         "text/javascript; charset=utf-8",  "parent.document"),
        ("csv",             StatusCode::OK,         "text/csv",                        "receive("),
        ("global",          StatusCode::OK,         "text/javascript; charset=utf-8",  "leaked"),
        ("json-nosniff",    StatusCode::OK,         "application/json",                "receive("),
        ("loop",            StatusCode::OK,         "text/javascript; charset=utf-8",  "Date.now()"),
        ("missing",         StatusCode::NOT_FOUND,  "text/javascript; charset=utf-8",  "receive("),
        ("pure-json",       StatusCode::OK,         "text/javascript; charset=utf-8",  "{\"kind\""),
        ("redirect",        StatusCode::FOUND,      "",                                ""),
        ("silent",          StatusCode::OK,         "text/javascript; charset=utf-8",  "void 0"),
        ("syntax",          StatusCode::OK,         "text/javascript; charset=utf-8",  "}"),
        ("throws",          StatusCode::OK,         "text/javascript; charset=utf-8",  "throw"),
        ("twice",           StatusCode::OK,         "text/javascript; charset=utf-8",  "second"),
        ("uncloneable",     StatusCode::OK,         "text/javascript; charset=utf-8",  "globalThis"),
        ("wrong-name",      StatusCode::OK,         "text/javascript; charset=utf-8",  "somebodyElse("),
    ];
    for (kind, status, content_type, part) in table {
        let path = format!("/jsonp/hostile/{kind}?callback=receive");
        let response = site.get("guest.localhost:81", &path).await;
        assert_eq!((response.status(), header(&response, "content-type")), (status, content_type), "{kind}");
        if kind == "redirect" {
            let location = header(&response, "location").to_owned();
            assert_eq!(location, "//evil.localhost:81/jsonp/echo?callback=receive");
        }
        let body = text(response).await;
        assert!(body.contains(part), "{kind}: {body}");
    }
    let unknown = site.get("guest.localhost", "/jsonp/hostile/kind?callback=receive").await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_comes_when_asked() {
    let site = Site::playground("late");
    let start = tokio::time::Instant::now();
    let response = site.get("guest.localhost", "/jsonp/hostile/late?callback=receive&ms=700").await;
    assert!(text(response).await.contains("receive("));
    assert_eq!(start.elapsed().as_millis(), 700);
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_goes_on() {
    let site = Site::playground("endless");
    let mut body = site.get("guest.localhost", "/jsonp/hostile/endless?callback=receive").await.into_body();
    for _ in 0..100 {
        assert!(body.frame().await.unwrap().unwrap().is_data());
    }
}
