//! A page written in Rust: it meets the page in one of its frames, calls it, and offers it a method.
//!
//! ```sh
//! cargo build --example rust_page --target wasm32-unknown-unknown --features serde --release
//! wasm-bindgen --target web --out-dir pkg target/wasm32-unknown-unknown/release/examples/rust_page.wasm
//! ```

use futures_util::StreamExt;
use portcullis::{
    channel::Millis,
    web::{Channel, ConnectOptions},
};
use wasm_bindgen::prelude::*;
use web_sys::HtmlIFrameElement;

/// A frame that this page talks to.
#[derive(Debug)]
#[wasm_bindgen]
pub struct Guest {
    channel: Channel,
}

#[wasm_bindgen]
impl Guest {
    /// Meets the page in the frame within this time, if it is of this origin.
    ///
    /// # Errors
    ///
    /// As [`Channel::connect`].
    pub async fn meet(frame: HtmlIFrameElement, origin: String, timeout_ms: f64) -> Result<Self, JsValue> {
        let mut options = ConnectOptions::new([origin])
            .handle("greet", |(name,): (String,)| async move { Ok(format!("hello {name}")) });
        options.limits.connect = Millis::limit(timeout_ms);
        Ok(Self { channel: Channel::connect(&frame, options).await? })
    }

    /// The origin of the page in the frame.
    #[must_use]
    pub fn origin(&self) -> String {
        self.channel.origin()
    }

    /// Lets the frame add two numbers.
    ///
    /// # Errors
    ///
    /// As [`Channel::call`].
    pub async fn add(&self, a: i32, b: i32) -> Result<i32, JsValue> {
        Ok(self.channel.call("add", &(a, b)).await?)
    }

    /// Emits a question and waits for the event that answers it.
    ///
    /// # Errors
    ///
    /// As [`Channel::emit`].
    pub async fn ask(&self, question: String) -> Result<Option<String>, JsValue> {
        let mut answers = self.channel.on::<String>("answer");
        self.channel.emit("question", &question)?;
        Ok(answers.next().await.transpose()?)
    }

    /// Says goodbye.
    pub fn close(&self, reason: &str) {
        self.channel.close(Some(reason));
    }

    /// Waits for the end: its code and the reason given.
    pub async fn closed(&self) -> Vec<String> {
        let (code, reason) = self.channel.closed().await;
        [Some(code.into()), reason].into_iter().flatten().collect()
    }
}
