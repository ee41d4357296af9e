//! What stands on the other side.

use alloc::string::String;

use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, HtmlIFrameElement, MessageEvent, MessagePort, Window};

use crate::channel;

/// What a channel can be connected to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Peer {
    /// The page in a frame; it may be replaced by another one, and the frame may be moved.
    Frame(HtmlIFrameElement),
    /// A window: the parent, an opener, a frame of another page.
    Window(Window),
    /// The end of a message channel whose other end the peer holds; whoever holds it is trusted with it.
    Port(MessagePort),
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

impl From<&MessagePort> for Peer {
    fn from(port: &MessagePort) -> Self {
        Self::Port(port.clone())
    }
}

impl Peer {
    /// Which checks its messages have to pass.
    pub(super) const fn kind(&self) -> channel::Peer {
        match self {
            Self::Frame(_) | Self::Window(_) => channel::Peer::Window,
            Self::Port(_) => channel::Peer::Port,
        }
    }

    /// What it is called in messages to people.
    pub(super) const fn label(&self) -> &'static str {
        match self {
            Self::Frame(_) => "the frame",
            Self::Window(_) => "the window",
            Self::Port(_) => "the port",
        }
    }

    /// Whose messages are the peer's: its window or port; nobody's while a frame is in no document.
    pub(super) fn source(&self) -> Option<Object> {
        match self {
            Self::Frame(frame) => frame.content_window().map(JsCast::unchecked_into),
            Self::Window(window) => Some(window.clone().unchecked_into()),
            Self::Port(port) => Some(port.clone().unchecked_into()),
        }
    }

    /// Whether the window does not exist any more. Nobody is told of the end of a port.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Frame(frame) => frame.content_window().is_none(),
            Self::Window(window) => window.closed().unwrap_or(true),
            Self::Port(_) => false,
        }
    }

    /// Whether a message came from this peer's window, and from no other one of its origin. What a port
    /// brings comes from its other end.
    pub(super) fn has_sent(&self, event: &MessageEvent) -> bool {
        match (self, event.source(), self.source()) {
            (Self::Port(_), ..) => true,
            (_, Some(from), Some(source)) => Object::is(&from, &source),
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
            Self::Window(_) | Self::Port(_) => None,
        }
    }

    /// Posts a greeting to one origin.
    pub(super) fn post(&self, greeting: &Array, origin: &str, transfer: &Array) -> Result<(), JsValue> {
        let window = match self {
            Self::Frame(frame) => frame.content_window(),
            Self::Window(window) => Some(window.clone()),
            Self::Port(port) => return port.post_message_with_transferable(greeting, transfer),
        };
        window.map_or(Ok(()), |window| window.post_message_with_transfer(greeting, origin, transfer))
    }

    /// The element whose `load` event tells of a new document.
    pub(super) fn element(&self) -> Option<&EventTarget> {
        match self {
            Self::Frame(frame) => Some(frame.unchecked_ref()),
            Self::Window(_) | Self::Port(_) => None,
        }
    }
}
