//! The one timer a channel needs.

use wasm_bindgen::{JsValue, closure::Closure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    // Global functions, so that windows, workers and Node are served alike. Node's handle is an object.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Closure<dyn FnMut()>, ms: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// A timer that calls back once unless it is dropped before.
#[derive(Debug)]
#[must_use = "dropping a Timer clears it"]
pub struct Timer {
    handle: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls `due` after `delay_ms`, at most 2^31 - 1 milliseconds (what the platform keeps).
    pub fn new(delay_ms: u32, due: impl FnMut() + 'static) -> Self {
        let callback = Closure::new(due);
        let handle = set_timeout(&callback, i32::try_from(delay_ms).unwrap_or(i32::MAX));
        Self { handle, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}
