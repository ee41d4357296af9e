//! A frame written in Rust: it offers methods to the page around it and calls one of the page's.
//!
//! ```sh
//! cargo build --example rust_frame --target wasm32-unknown-unknown --features serde --release
//! wasm-bindgen --target web --out-dir pkg target/wasm32-unknown-unknown/release/examples/rust_frame.wasm
//! ```

use futures_util::{StreamExt, stream};
use portcullis::web::{Channel, ConnectOptions, Error, Thrown};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// What the page asks `area` about.
#[derive(Deserialize)]
struct Rectangle {
    width: f64,
    height: f64,
}

/// What the frame tells of an order.
#[derive(Serialize)]
struct Receipt {
    id: u32,
    total: f64,
}

/// Connects to the page around this frame, if it is of this origin, and serves it until it goes.
///
/// # Errors
///
/// As [`Channel::connect`].
#[wasm_bindgen]
pub async fn serve(host_origin: String) -> Result<(), JsValue> {
    let page = web_sys::window().and_then(|window| window.parent().ok().flatten());
    let Some(page) = page else { return Ok(()) };
    let options = ConnectOptions::new([host_origin])
        .handle("add", |(a, b): (i32, i32)| async move {
            a.checked_add(b).ok_or_else(|| Thrown { name: "RangeError".into(), message: "too large".into() })
        })
        .handle("area", |(of,): (Rectangle,)| async move { Ok(of.width * of.height) })
        .handle("order", |(total,): (f64,)| async move { Ok(Receipt { id: 7, total }) })
        .handle("repeat", |(text, times): (String, usize)| async move { Ok(text.repeat(times)) })
        .handle("forget", |(): ()| async move { Ok(()) })
        .handle_stream("count_to", |(last,): (u32,)| stream::iter(1..=last));
    let channel = Channel::connect(&page, options).await?;
    talk(&channel).await?;
    channel.closed().await;
    Ok(())
}

/// Answers events of the page by calling it back: what it sends on `question` comes back doubled.
async fn talk(channel: &Channel) -> Result<(), Error> {
    let mut questions = channel.on::<f64>("question");
    channel.emit("ready", &true)?;
    while let Some(question) = questions.next().await {
        let question = question?;
        let twice: f64 = channel.call("double", &(question,)).await?;
        let mut rows = channel.call_stream::<_, u32>("rows", &(3,)).await?;
        let mut sum = 0;
        while let Some(row) = rows.next().await {
            sum += row?;
        }
        channel.emit("answer", &(twice, sum))?;
    }
    Ok(())
}
