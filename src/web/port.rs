//! Message ports that are closed when nobody holds them.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{Event, MessageChannel, MessageEvent, MessagePort};

use super::listener::Listener;

/// One end of a private message channel; dropping it closes the port and removes its listeners.
#[derive(Debug)]
#[must_use = "dropping a Port closes it"]
pub struct Port {
    inner: MessagePort,
    _message: Listener,
    _broken: Listener,
}

impl Port {
    /// Takes a port and hears its messages; `broken` is told of each message that could not be
    /// deserialised here.
    pub fn new(
        port: MessagePort,
        message: impl FnMut(MessageEvent) + 'static,
        mut broken: impl FnMut() + 'static,
    ) -> Self {
        let message = Listener::new(port.clone().into(), "message", message);
        let broken = Listener::new(port.clone().into(), "messageerror", move |_: Event| broken());
        // Without an `onmessage` property a port stays silent until it is told to start.
        port.start();
        Self { inner: port, _message: message, _broken: broken }
    }

    /// Makes a channel: the end to keep and the end to send away.
    ///
    /// # Errors
    ///
    /// The platform's own, where it has no `MessageChannel`.
    pub fn pair(
        message: impl FnMut(MessageEvent) + 'static,
        broken: impl FnMut() + 'static,
    ) -> Result<(Self, MessagePort), JsValue> {
        let channel = MessageChannel::new()?;
        Ok((Self::new(channel.port1(), message, broken), channel.port2()))
    }

    /// Posts one message, moving what is in `transfer`.
    ///
    /// # Errors
    ///
    /// `DataCloneError` when a value cannot be cloned; nothing was sent then.
    pub fn post(&self, message: &Array, transfer: &Array) -> Result<(), JsValue> {
        self.inner.post_message_with_transferable(message, transfer)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.inner.close();
    }
}
