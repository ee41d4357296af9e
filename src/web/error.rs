//! Why something over a channel failed.

use alloc::string::{String, ToString};
use core::fmt;

use wasm_bindgen::JsValue;

use crate::channel::error::Executed;

/// Why a connection or a call failed; `code` is the one the npm package uses.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Error {
    /// Stable code, such as `call/timed-out`.
    pub code: &'static str,
    /// What happened and to whom.
    pub message: String,
    /// Whether a call that failed with `call/peer-gone` was carried out.
    pub executed: Executed,
    /// What the remote handler threw, for `call/threw`: its class and its name.
    pub thrown: Option<Thrown>,
}

/// An error of a handler, as it crosses: never with its stack.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Thrown {
    /// The error's `name`, such as `RangeError`.
    pub name: String,
    /// The error's `message`.
    pub message: String,
}

impl Thrown {
    /// An `Error` with this message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { name: "Error".to_string(), message: message.into() }
    }
}

impl Error {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), executed: Executed::NotAsked, thrown: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl core::error::Error for Error {}

impl From<Error> for JsValue {
    fn from(error: Error) -> Self {
        let js = js_sys::Error::new(&error.to_string());
        js.set_name("PortcullisError");
        // Setting a property of a fresh Error cannot fail.
        let _ = js_sys::Reflect::set(&js, &Self::from("code"), &Self::from(error.code));
        js.into()
    }
}
