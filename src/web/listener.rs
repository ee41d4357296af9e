//! Event listeners that live as long as a value.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventTarget};

/// A listener that hears one kind of event until it is dropped.
#[derive(Debug)]
#[must_use = "dropping a Listener removes it"]
pub struct Listener {
    target: EventTarget,
    event: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Listener {
    /// Hears `event` on `target`. `E` is the event's class, such as `web_sys::MessageEvent`;
    /// the browser vouches for it by the event's name.
    pub fn new<E: JsCast + 'static>(
        target: EventTarget,
        event: &'static str,
        mut heard: impl FnMut(E) + 'static,
    ) -> Self {
        let callback = Closure::new(move |e: Event| heard(e.unchecked_into()));
        // Only a `null` callback can make this throw.
        let _ = target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
        Self { target, event, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Only a `null` callback can make this throw.
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, self.callback.as_ref().unchecked_ref());
    }
}
