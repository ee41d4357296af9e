//! Proxy routes, with a real upstream behind them.

use axum::body::Body;
use axum::extract::Request as Received;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse as _;
use http_body_util::BodyExt as _;

use crate::{Site, header, json, text};

/// A site whose `/api/` leads to another one that really listens; the tuple keeps both alive.
async fn proxied(name: &str) -> (Site, Site, String) {
    let upstream = Site::playground(&format!("{name}-upstream"));
    let origin = listen(upstream.router.clone()).await;
    let site = Site::with_proxy(name, &[("/api/", &format!("{origin}/upstream/"))]);
    (site, upstream, origin)
}

/// Serves on a free port until the test's runtime ends.
async fn listen(router: axum::Router) -> String {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await });
    origin
}

fn call(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "host.localhost:8787")
}

async fn get(site: &Site, path: &str) -> Response<Body> {
    site.send(call("GET", path).header("sec-fetch-site", "same-origin").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_request_reaches_the_upstream_without_what_is_ours() {
    let (site, _upstream, origin) = proxied("proxy").await;
    let request = call("POST", "/api/a/b?c=d")
        .header("origin", "http://host.localhost:8787")
        .header("cookie", "session=secret")
        .header("referer", "http://host.localhost:8787/private")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", "10.0.0.1")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("authorization", "Bearer mine")
        .body(Body::from("a body"))
        .unwrap();
    let response = site.send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-security-policy"), "sandbox; default-src 'none'");
    assert!(header(&response, "vary").contains("Origin"));

    let echo = json(response).await;
    assert_eq!(
        (&echo["method"], &echo["target"], &echo["body"]),
        (&"POST".into(), &"/upstream/a/b?c=d".into(), &"a body".into())
    );
    let headers = echo["headers"].as_object().unwrap();
    assert_eq!(headers["host"], origin.strip_prefix("http://").unwrap());
    assert_eq!(headers["authorization"], "Bearer mine");
    for name in ["cookie", "referer", "origin", "sec-fetch-site", "x-forwarded-for", "x-hop", "connection"] {
        assert!(!headers.contains_key(name), "{name}: {headers:?}");
    }
}

#[tokio::test]
async fn only_pages_of_this_origin_may_call() {
    let (site, ..) = proxied("proxy-callers").await;
    let mut served = 0;
    #[rustfmt::skip]
    let table = [
        // method  origin                             sec-fetch-site    allowed  why
        ("GET",    "",                                "same-origin",    true,    "a page's own request"),
        ("GET",    "",                                "none",           true,    "the visitor opened it"),
        ("POST",   "http://host.localhost:8787",      "",               true,    "its origin says so"),
        ("POST",   "null",                            "",               false,   "a sandboxed page"),
        ("POST",   "null",                            "same-origin",    false,   "and it lies"),
        ("POST",   "http://evil.localhost:8787",      "",               false,   "a form of another origin"),
        ("POST",   "https://host.localhost:8787",     "",               false,   "another scheme"),
        ("GET",    "",                                "cross-site",     false,   "an image of another site"),
        ("GET",    "",                                "same-site",      false,   "a neighbour"),
        ("POST",   "",                                "",               false,   "nobody says who"),
    ];
    for (method, origin, fetch_site, allowed, why) in table {
        let mut request = call(method, "/api/count?key=k");
        for (name, value) in [("origin", origin), ("sec-fetch-site", fetch_site)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let response = site.send(request.body(Body::empty()).unwrap()).await;
        let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(response.status(), expected, "{method} {origin} {fetch_site}: {why}");
        assert!(header(&response, "vary").contains("Origin"), "{why}");
        served += usize::from(allowed);
    }
    // The refused ones have never been there.
    assert_eq!(json(get(&site, "/api/count?key=k").await).await["arrived"], served + 1);
}

#[tokio::test]
async fn no_path_leads_out_of_the_upstreams_folder() {
    let (site, ..) = proxied("proxy-paths").await;
    for path in [
        "/api/../site.json",
        "/api/%2e%2e/site.json",
        "/api/a/%2E%2E/b",
        "/api/..%2fsite.json",
        "/api/a%5cb",
        "/api//evil.localhost/",
        "/api/%252e%252e/x",
        "/api/a;/../b",
    ] {
        assert_eq!(get(&site, path).await.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(get(&site, "/apix/").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&site, "/api/").await.status(), StatusCode::NOT_FOUND, "the upstream's own answer");
}

#[tokio::test]
async fn redirects_stay_inside_the_route() {
    let (site, _upstream, origin) = proxied("proxy-redirects").await;
    for (to, local) in [("next?a=b", "/api/next?a=b"), (&format!("{origin}/upstream/deep/x"), "/api/deep/x")]
    {
        let response = get(&site, &format!("/api/redirect?to={}", to.replace('?', "%3F"))).await;
        assert_eq!((response.status(), header(&response, "location")), (StatusCode::FOUND, local), "{to}");
    }
    for to in
        ["http://evil.localhost/", "//evil.localhost/upstream/", "/site.json", "../site.json", "javascript:0"]
    {
        let response = get(&site, &format!("/api/redirect?to={to}")).await;
        assert_eq!((response.status(), header(&response, "location")), (StatusCode::BAD_GATEWAY, ""), "{to}");
    }
}

#[tokio::test]
async fn an_upstream_has_no_say_in_this_origin() {
    let origin = listen(axum::Router::new().fallback(async || {
        let headers = [
            ("set-cookie", "session=theirs"),
            ("clear-site-data", "\"*\""),
            ("access-control-allow-origin", "*"),
            ("service-worker-allowed", "/"),
            ("strict-transport-security", "max-age=1"),
            ("refresh", "0; url=http://evil.localhost/"),
            ("content-security-policy", "default-src *"),
            ("x-theirs", "kept"),
        ];
        (headers, "<script>alert(1)</script>").into_response()
    }))
    .await;
    let site = Site::with_proxy("proxy-say", &[("/api/", &format!("{origin}/"))]);
    let response = get(&site, "/api/").await;
    for name in
        ["set-cookie", "clear-site-data", "access-control-allow-origin", "service-worker-allowed", "refresh"]
    {
        assert_eq!(header(&response, name), "", "{name}");
    }
    assert_eq!(header(&response, "strict-transport-security"), "");
    assert_eq!(header(&response, "content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(header(&response, "x-theirs"), "kept");
}

#[tokio::test]
async fn an_answer_comes_piece_by_piece() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(Some(receiver)));
    let origin = listen(axum::Router::new().fallback(async move |_: Received| {
        let gate = receiver.lock().await.take().unwrap();
        let pieces = futures_util::stream::unfold((0, Some(gate)), |(piece, gate)| async move {
            // The second piece waits until the first has been seen on the other side.
            match piece {
                0 => Some((Ok::<_, std::convert::Infallible>("one "), (1, gate))),
                1 => gate?.await.ok().map(|()| (Ok("two"), (2, None))),
                _ => None,
            }
        });
        Body::from_stream(pieces).into_response()
    }))
    .await;
    let site = Site::with_proxy("proxy-stream", &[("/api/", &format!("{origin}/"))]);
    let mut body = get(&site, "/api/").await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one ");
    sender.send(()).unwrap();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "two");
}

#[tokio::test]
async fn what_cannot_be_reached_is_said() {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = socket.local_addr().unwrap().port();
    drop(socket);
    let site = Site::with_proxy("proxy-closed", &[("/api/", &format!("http://127.0.0.1:{closed}/"))]);
    let response = get(&site, "/api/x").await;
    assert_eq!(response.status(), StatusCode::BAD_GATEWAY);
    assert!(text(response).await.contains("cannot be reached"));

    let looped =
        call("GET", "/api/x").header("via", "1.1 other, 1.1 portcullis").body(Body::empty()).unwrap();
    assert_eq!(site.send(looped).await.status(), StatusCode::LOOP_DETECTED);
}
