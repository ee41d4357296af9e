//! What the tests take from JavaScript: the hand-written speaker of the wire, the ledger, patched platforms.

use js_sys::{Array, Function, Object, Reflect, Uint32Array};
use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

#[wasm_bindgen(module = "/tests/unit/raw-peer.js")]
extern "C" {
    /// A peer written from docs/protocol.md by hand, over a bare port.
    pub type RawPeer;
    #[wasm_bindgen(constructor)]
    pub fn new(gate: &MessagePort, name: &str) -> RawPeer;
    #[wasm_bindgen(method)]
    pub async fn meet(this: &RawPeer, meeting: &Object) -> JsValue;
    #[wasm_bindgen(method)]
    pub async fn next(this: &RawPeer) -> JsValue;
    #[wasm_bindgen(method)]
    pub fn send(this: &RawPeer, words: Vec<u32>, values: &Array);
    #[wasm_bindgen(method)]
    pub fn post(this: &RawPeer, message: &JsValue);
    #[wasm_bindgen(method)]
    pub fn close(this: &RawPeer);
    #[wasm_bindgen(method, getter)]
    pub fn seq(this: &RawPeer) -> u32;
}

#[wasm_bindgen(module = "/tests/e2e/pages/ledger.js")]
extern "C" {
    /// Starts to count what this page holds; the answer tells it.
    #[wasm_bindgen(js_name = keepLedger)]
    pub fn keep_ledger() -> Function;
}

#[wasm_bindgen(inline_js = r#"
export function whenever(called) {
  const places = [
    [performance, "now"], [crypto, "getRandomValues"],
    [MessagePort.prototype, "postMessage"], [MessagePort.prototype, "close"],
    [globalThis, "setTimeout"], [globalThis, "clearTimeout"], [globalThis, "queueMicrotask"],
    [EventTarget.prototype, "removeEventListener"],
  ];
  let inside = false;
  for (const place of places) {
    const [holder, name] = place;
    place.push(Object.getOwnPropertyDescriptor(holder, name));
    const native = holder[name];
    const patched = function (...args) {
      if (!inside) {
        inside = true;
        called(name);
        inside = false;
      }
      return native.apply(this, args);
    };
    Object.defineProperty(holder, name, { value: patched, configurable: true, writable: true });
  }
  return () => {
    for (const [holder, name, before] of places) {
      if (before) Object.defineProperty(holder, name, before);
      else delete holder[name];
    }
  };
}

export function value(source) {
  return Function(`return ${source}`)();
}
"#)]
extern "C" {
    /// Patches what the driver uses of the platform, so that each use first calls back; the answer ends it.
    pub fn whenever(called: &Closure<dyn Fn(String)>) -> Function;

    /// The value of an expression.
    pub fn value(source: &str) -> JsValue;
}

/// What the ledger has of these kinds.
pub(crate) fn held(ledger: &Function, kinds: &[&str]) -> Vec<u32> {
    let held = ledger.call0(&JsValue::UNDEFINED).unwrap();
    let counts: Array = kinds.iter().map(|&kind| Reflect::get(&held, &kind.into()).unwrap()).collect();
    Uint32Array::new(&counts).to_vec()
}
