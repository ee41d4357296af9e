//! Beacons and their log.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::{Site, json};

async fn post(site: &Site, kind: &str, body: Vec<u8>) -> StatusCode {
    let request = Request::post("/beacon/b")
        .header("host", "guest.localhost")
        .header("content-type", kind)
        .header("origin", "http://host.localhost")
        .body(Body::from(body))
        .unwrap();
    site.send(request).await.status()
}

async fn landed(site: &Site) -> Vec<Value> {
    let mut log = json(site.get("guest.localhost", "/beacon/b/log").await).await;
    log["beacons"].as_array_mut().unwrap().drain(..).collect()
}

#[tokio::test]
async fn every_kind_of_beacon_is_read() {
    let site = Site::playground("beacons");
    assert_eq!(site.get("guest.localhost", "/beacon/b?a=1&b=x%20y").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(site.get("guest.localhost", "/beacon/b").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(post(&site, "text/plain;charset=UTF-8", b"[1,2]".to_vec()).await, StatusCode::NO_CONTENT);
    assert_eq!(
        post(&site, "application/x-www-form-urlencoded", b"c=d".to_vec()).await,
        StatusCode::NO_CONTENT
    );

    let landed = landed(&site).await;
    let said = |index: usize| &landed[index];
    assert_eq!(said(0)["fields"], json!([["a", "1"], ["b", "x y"]]));
    assert_eq!(said(1)["method"], "GET");
    assert_eq!(said(2)["text"], "[1,2]");
    assert_eq!(said(2)["body_bytes"], 5);
    assert_eq!(said(2)["origin"], "http://host.localhost");
    assert_eq!(said(3)["fields"], json!([["c", "d"]]));
}

#[tokio::test]
async fn what_is_no_beacon_is_refused_and_written_down() {
    let site = Site::playground("no-beacon");
    assert_eq!(post(&site, "image/png", b"png".to_vec()).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&site, "text/plain", vec![0xff]).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&site, "text/plain", vec![b'a'; (1 << 20) + 1]).await, StatusCode::BAD_REQUEST);
    let form = b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n".to_vec();
    assert_eq!(post(&site, "multipart/form-data; boundary=x", form).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&site, "text/plain", vec![b'a'; 1 << 20]).await, StatusCode::NO_CONTENT);
    let landed = landed(&site).await;
    assert!(landed.iter().take(4).all(|beacon| beacon["refused"].is_string()), "{landed:?}");
    assert_eq!(landed[4]["body_bytes"], 1 << 20);
    assert_eq!(landed[4]["text"].as_str().unwrap().len(), 2_000);
}

#[tokio::test]
async fn a_reader_waits_for_the_beacon() {
    let site = Site::playground("beacon-wait");
    let (log, _) = tokio::join!(
        site.get("guest.localhost", "/beacon/b/log?count=1&wait=60000"),
        site.get("guest.localhost", "/beacon/b?late=1"),
    );
    assert_eq!(json(log).await["beacons"][0]["fields"], json!([["late", "1"]]));

    let request =
        Request::delete("/beacon/b/log").header("host", "guest.localhost").body(Body::empty()).unwrap();
    site.send(request).await;
    assert_eq!(landed(&site).await, Vec::<Value>::new());
}
