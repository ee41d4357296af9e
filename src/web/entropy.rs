//! Time and randomness, read here and nowhere else.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]) -> Result<(), JsValue>;
}

/// Milliseconds since the page began.
#[must_use]
pub fn now_ms() -> f64 {
    performance_now()
}

/// 128 random bits from the platform's secure source.
///
/// # Errors
///
/// The platform's own error where it has no such source: there is no weaker one to fall back to.
pub fn random_bits() -> Result<[u32; 4], JsValue> {
    let mut bytes = [0; 16];
    get_random_values(&mut bytes)?;
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*chunk);
    }
    Ok(words)
}
