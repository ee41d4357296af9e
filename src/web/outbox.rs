//! What the application sends: taken out of its hands, measured, and refused here where the peer would
//! have to take it for a breach of the protocol.

use alloc::{
    format,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

use js_sys::{Array, Reflect};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{
    body::{Excess, measure},
    driver::Driver,
    error::{Error, Thrown},
};
use crate::channel::error::{FailCode, NotSent};

#[wasm_bindgen]
extern "C" {
    // A global function, so that windows and workers are served alike.
    #[wasm_bindgen(catch, js_name = structuredClone)]
    fn structured_clone(values: &Array) -> Result<Array, JsValue>;
}

/// Values that are ready to leave.
pub(super) struct Taken {
    pub(super) values: Vec<JsValue>,
    pub(super) count: u32,
    /// Estimated size.
    pub(super) bytes: u32,
}

/// Why something was not sent: a code, and words without whom it was for.
pub(super) struct Unsent {
    pub(super) code: &'static str,
    pub(super) why: String,
}

impl Unsent {
    /// As the end of a stream that the peer reads.
    pub(super) fn thrown(&self) -> Thrown {
        Thrown { name: "PortcullisError".into(), message: format!("an item was not sent: {}", self.why) }
    }
}

impl From<NotSent> for Unsent {
    fn from(why: NotSent) -> Self {
        let words = match why {
            NotSent::Busy => {
                "as much waits as limits.pending_calls or limits.queued_bytes allows: wait for answers first"
            }
            NotSent::Closed => "the channel is closed",
            NotSent::Gone => "the peer has gone",
        };
        Self { code: why.code(), why: words.to_string() }
    }
}

impl Driver {
    /// Takes values out of the application's hands, as `postMessage` does: what becomes of them later does
    /// not cross. Called with nothing borrowed, since a getter may come back in here.
    pub(super) fn take_out(&self, values: impl IntoIterator<Item = JsValue>) -> Result<Taken, Unsent> {
        let (depth, most) = {
            let inside = self.inside.borrow();
            if inside.end.is_some() {
                return Err(NotSent::Closed.into());
            }
            (inside.bodies.depth, inside.queued_bytes)
        };
        let given: Array = values.into_iter().collect();
        // Numbers and texts cannot change, nor fail to be cloned.
        let is_plain =
            !given.iter().any(|value| value.is_object() || value.is_function() || value.is_symbol());
        let values = if is_plain {
            given
        } else {
            structured_clone(&given).map_err(|refused| not_cloneable(&refused))?
        };
        let bytes = measure(&values, depth, most).map_err(|excess| match excess {
            Excess::Depth => Unsent {
                code: FailCode::NotCloneable.code(),
                why: format!(
                    "a value is nested deeper than bodies.depth ({depth}): make it flatter, or raise the \
                     limit on both sides"
                ),
            },
            Excess::Size => Unsent {
                code: NotSent::Busy.code(),
                why: format!(
                    "its values are larger than limits.queued_bytes ({most}): send them in pieces, or raise \
                     the limit on both sides"
                ),
            },
        })?;
        Ok(Taken { count: values.length(), values: values.to_vec(), bytes })
    }

    /// The id under which the peer knows this name, told now if it is new; `wrong` is the code for what
    /// is no name.
    pub(super) fn name_id(self: &Rc<Self>, name: &str, wrong: FailCode) -> Result<u32, Error> {
        let (known, longest) = {
            let inside = self.inside.borrow();
            (inside.told.iter().position(|told| told == name), inside.bodies.name_length)
        };
        if let Some(id) = known.and_then(|id| u32::try_from(id).ok()) {
            return Ok(id);
        }
        // As the peer counts, whose texts are UTF-16.
        if name.encode_utf16().count() > longest as usize {
            let start: String = name.chars().take(40).collect();
            return Err(Error::new(
                wrong.code(),
                format!(
                    "\"{start}…\" is no name: it has more than bodies.name_length ({longest}) characters; \
                     give it a shorter one"
                ),
            ));
        }
        let value = JsValue::from(name);
        let id = self
            .tell(|link, now| {
                let id = link.intern(now)?;
                link.queue(value);
                Ok(id)
            })
            .map_err(|why: NotSent| self.not_sent(name, why))?;
        let mut inside = self.inside.borrow_mut();
        let slot = id as usize;
        if let Some(told) = inside.told.get_mut(slot) {
            *told = name.into();
        } else {
            inside.told.push(name.into());
        }
        Ok(id)
    }

    /// The error of a call, a notification or an event that did not leave.
    pub(super) fn not_sent(&self, to: &str, why: impl Into<Unsent>) -> Error {
        let Unsent { code, why } = why.into();
        let peer = self.inside.borrow().peer_name();
        Error::new(code, format!("\"{to}\" was not sent to {peer}: {why}"))
    }
}

fn not_cloneable(refused: &JsValue) -> Unsent {
    let told = Reflect::get(refused, &"message".into()).ok().and_then(|told| told.as_string());
    Unsent {
        code: FailCode::NotCloneable.code(),
        why: format!("a value cannot cross: {}", told.unwrap_or_default()),
    }
}
