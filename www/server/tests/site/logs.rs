//! What the server writes down for tests.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::{Site, header, json};

#[tokio::test]
async fn every_request_is_written_down() {
    let site = Site::with_tests("hits");
    let request = Request::options("/test/echo?id=7")
        .header("host", "guest.localhost:8787")
        .header("origin", "null")
        .body(Body::empty())
        .unwrap();
    assert_eq!(site.send(request).await.status(), StatusCode::OK);
    site.get("evil.localhost:8787", "/test/blank").await;
    site.get("evil.localhost:8787", "/nowhere").await;

    let all = json(site.get("host.localhost", "/hits").await).await;
    let paths: Vec<_> = all["hits"].as_array().unwrap().iter().map(|hit| hit["path"].clone()).collect();
    assert_eq!(paths, ["/test/echo", "/test/blank", "/nowhere"]);

    let one = json(site.get("host.localhost", "/hits?path=/test/*&method=OPTIONS&query=id=7").await).await;
    assert_eq!(one["hits"][0]["host"], "guest.localhost:8787");
    assert_eq!(one["hits"][0]["headers"]["origin"], "null");
    assert_eq!(one["hits"].as_array().unwrap().len(), 1);

    let request = Request::delete("/hits").header("host", "host.localhost").body(Body::empty()).unwrap();
    assert_eq!(site.send(request).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(json(site.get("host.localhost", "/hits").await).await["hits"], serde_json::json!([]));
}

#[tokio::test]
async fn a_reader_of_the_hits_waits_for_them() {
    let site = Site::with_tests("waiting");
    let (report, _) = tokio::join!(
        site.get("host.localhost", "/hits?path=/test/blank&count=1&wait=60000"),
        site.get("host.localhost", "/test/blank"),
    );
    assert_eq!(json(report).await["hits"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn attackers_can_report_from_any_origin() {
    let site = Site::with_tests("sink");
    let report = Request::post("/sink/T01")
        .header("host", "evil.localhost")
        .header("origin", "null")
        .body(Body::from("got it"))
        .unwrap();
    let response = site.send(report).await;
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    site.get("evil.localhost", "/sink/T01/add?value=by%20image").await;
    site.get("evil.localhost", "/sink/T02/add?value=other").await;

    let entries = json(site.get("host.localhost", "/sink/T01?count=2&wait=60000").await).await;
    assert_eq!(
        entries["entries"],
        serde_json::json!([
            { "origin": "null", "referer": null, "text": "got it" },
            { "origin": null, "referer": null, "text": "by image" },
        ])
    );
    let request = Request::delete("/sink/T01").header("host", "host.localhost").body(Body::empty()).unwrap();
    site.send(request).await;
    assert_eq!(json(site.get("host.localhost", "/sink/T01").await).await["entries"], serde_json::json!([]));
    assert_eq!(json(site.get("host.localhost", "/sink/T02").await).await["entries"][0]["text"], "other");
}
