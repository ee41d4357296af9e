//! The window on the other side.

use alloc::string::String;

use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlIFrameElement, Window};

/// What a channel can be connected to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Peer {
    /// The page in a frame; it may be replaced by another one, and the frame may be moved.
    Frame(HtmlIFrameElement),
    /// A window: the parent, an opener, a frame of another page.
    Window(Window),
}

impl From<&HtmlIFrameElement> for Peer {
    fn from(frame: &HtmlIFrameElement) -> Self {
        Self::Frame(frame.clone())
    }
}

impl From<&Window> for Peer {
    fn from(window: &Window) -> Self {
        Self::Window(window.clone())
    }
}

impl Peer {
    /// The window, unless the frame is in no document.
    pub(super) fn window(&self) -> Option<Window> {
        match self {
            Self::Frame(frame) => frame.content_window(),
            Self::Window(window) => Some(window.clone()),
        }
    }

    /// Whether the window does not exist any more.
    pub(super) fn is_gone(&self) -> bool {
        self.window().is_none_or(|window| window.closed().unwrap_or(true))
    }

    /// Whether a message came from this peer's window, and from no other one of its origin.
    pub(super) fn is_source(&self, source: Option<&Object>) -> bool {
        match (source, self.window()) {
            (Some(source), Some(window)) => Object::is(source, window.as_ref()),
            _ => false,
        }
    }

    /// Whether the frame still shows its initial document, in which nobody listens: a greeting would only
    /// log an error there. A document of another origin cannot be read.
    pub(super) fn is_blank(&self) -> bool {
        let Self::Frame(frame) = self else { return false };
        frame.content_document().is_some_and(|page| {
            page.url().is_ok_and(|url| url == "about:blank")
                && page.body().is_none_or(|body| !body.has_child_nodes())
        })
    }

    /// The origin that the frame's `src` names.
    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Frame(frame) => web_sys::Url::new(&frame.src()).ok().map(|url| url.origin()),
            Self::Window(_) => None,
        }
    }

    /// Posts a greeting to one origin.
    pub(super) fn post(&self, greeting: &Array, origin: &str, transfer: &Array) -> Result<(), JsValue> {
        match self.window() {
            Some(window) => window.post_message_with_transfer(greeting, origin, transfer),
            None => Ok(()),
        }
    }

    /// The element whose `load` event tells of a new document.
    pub(super) fn element(&self) -> Option<&web_sys::EventTarget> {
        match self {
            Self::Frame(frame) => Some(frame.unchecked_ref()),
            Self::Window(_) => None,
        }
    }
}
