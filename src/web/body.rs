//! Checks of the values that cross: no link sees them, so the driver judges them.

use alloc::vec::Vec;

use js_sys::{Array, ArrayBuffer, BigInt, JsString, Map, Object, Reflect, Set, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::channel::{Body, error::Misbehaviour, ops::Live};

/// A longer array may be sparse and say any length: only what it holds is looked at.
const LONG: u32 = 100_000;

/// What may cross in one piece, in both directions. What this side sends beyond it is refused to its
/// sender; a peer that sends beyond it ends the channel with `channel/protocol`. How large a body may be
/// says [`Limits::queued_bytes`](crate::channel::Limits::queued_bytes).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct BodyLimits {
    /// Levels of nesting in a value; to send more is `call/not-cloneable`.
    pub depth: u32,
    /// UTF-16 code units of a method's or topic's name; more are `call/method-not-found`, for a topic
    /// `call/invalid`.
    pub name_length: u32,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { depth: 256, name_length: 256 }
    }
}

/// A list that is being looked at: what it holds, its length, and where to go on.
struct Level {
    items: Array,
    length: u32,
    next: u32,
}

impl Level {
    fn of(items: Array) -> Self {
        Self { length: items.length(), items, next: 0 }
    }
}

/// How a body exceeds its limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Excess {
    Depth,
    Size,
}

impl From<Excess> for Misbehaviour {
    fn from(excess: Excess) -> Self {
        match excess {
            Excess::Depth => Self::Depth,
            Excess::Size => Self::Value,
        }
    }
}

/// Refuses a body that is nested deeper than `depth` or whose texts and buffers are larger than `most`.
///
/// Engines differ in what they deserialise; a handler must not. Shared references are looked at once.
pub(super) fn check_values(values: &Array, depth: u32, most: u32) -> Result<(), Excess> {
    look(values, depth, most, false).map(|_| ())
}

/// The estimated bytes of a body, if it is within the limits. As in the npm package everything counts
/// something, so that what fits here is never too large for a receiver with the same limits.
pub(super) fn measure(values: &Array, depth: u32, most: u32) -> Result<u32, Excess> {
    look(values, depth, most, true)
}

fn look(values: &Array, depth: u32, most: u32, everything: bool) -> Result<u32, Excess> {
    let mut bytes = 0_u32;
    let mut take = |more| {
        bytes = bytes.saturating_add(more);
        if bytes > most { Err(Excess::Size) } else { Ok(()) }
    };
    let beside = |more| if everything { more } else { 0 };
    // Made for the first object: mostly there is none.
    let mut seen = None;
    // Not by recursion: how deep it may go is for the application to say, and the stack is small.
    let mut levels = Vec::from([Level::of(values.clone())]);
    while let Some(level) = levels.last_mut() {
        if level.next == level.length {
            levels.pop();
            continue;
        }
        let value = level.items.get(level.next);
        level.next += 1;
        if let Some(text) = value.dyn_ref::<JsString>() {
            take(text.length())?;
            continue;
        }
        if !value.is_object() {
            if everything {
                take(8 + digits(&value) / 2)?;
            }
            continue;
        }
        let (seen, plain) = seen
            .get_or_insert_with(|| (Set::new(&JsValue::UNDEFINED), Object::get_prototype_of(&Object::new())));
        if seen.has(&value) {
            continue;
        }
        if levels.len() > depth as usize {
            return Err(Excess::Depth);
        }
        seen.add(&value);
        take(beside(16))?;
        let buffer = if ArrayBuffer::is_view(&value) {
            let buffer = value.unchecked_ref::<Uint8Array>().buffer().into();
            if seen.has(&buffer) {
                continue;
            }
            seen.add(&buffer);
            buffer
        } else {
            value
        };
        if let Some(buffer) = buffer.dyn_ref::<ArrayBuffer>() {
            take(buffer.byte_length().saturating_add(beside(16)))?;
        } else if let Some(items) = items_of(&buffer) {
            let items = if items.length() > LONG { Object::values(&items) } else { items };
            levels.push(Level::of(items));
        } else if Object::is(&Object::get_prototype_of(&buffer), plain) {
            let record = buffer.unchecked_ref();
            let values = Object::values(record);
            // Names weigh as texts do.
            let items = if everything { Object::keys(record).concat(&values) } else { values };
            levels.push(Level::of(items));
        } else {
            take(beside(64))?;
        }
    }
    Ok(bytes)
}

/// Digits of a big integer, to the base 16: engines give no cheaper measure. 0 for anything else.
fn digits(value: &JsValue) -> u32 {
    let digits = value.dyn_ref::<BigInt>().and_then(|number| number.to_string(16).ok());
    digits.map_or(0, |digits| digits.length())
}

/// What a list holds, in a row: the keys and values of a map take turns.
fn items_of(holder: &JsValue) -> Option<Array> {
    if holder.is_instance_of::<Map>() {
        Some(Array::from(holder).flat(1))
    } else if holder.is_instance_of::<Set>() {
        Some(Array::from(holder))
    } else {
        holder.dyn_ref::<Array>().cloned()
    }
}

/// Refuses live values that do not stand where the peer says, or are not what it says.
pub(super) fn check_paths(values: &Array, lives: &[u32], paths: &JsValue) -> Result<(), Misbehaviour> {
    let pairs = lives.as_chunks::<2>().0;
    let paths = paths.dyn_ref::<Array>().filter(|paths| paths.length() as usize == pairs.len());
    for ([kind, _], path) in pairs.iter().zip(paths.ok_or(Misbehaviour::Value)?.iter()) {
        let held = held_at(values, &path).ok_or(Misbehaviour::Value)?;
        // This side lends no functions, so none can come home.
        if *kind == Live::Home.number() || (*kind == Live::Error.number() && !is_error_record(&held)) {
            return Err(Misbehaviour::Value);
        }
    }
    Ok(())
}

/// Refuses a reason that is none: `[value, paths]`, where the paths lead to errors in the value.
pub(super) fn check_reason(values: &Array, body: Body<'_>) -> Result<(), Misbehaviour> {
    if body.count == 0 {
        return Ok(());
    }
    let reason = values.get(body.at);
    let reason = reason.dyn_ref::<Array>().filter(|reason| reason.length() == 2);
    let reason = reason.ok_or(Misbehaviour::Value)?;
    let (value, paths) = (Array::of1(&reason.get(0)), reason.get(1));
    for path in paths.dyn_ref::<Array>().ok_or(Misbehaviour::Value)?.iter() {
        held_at(&value, &path).filter(is_error_record).ok_or(Misbehaviour::Value)?;
    }
    Ok(())
}

/// What stands at the end of a path.
fn held_at(values: &Array, path: &JsValue) -> Option<JsValue> {
    let path = path.dyn_ref::<Array>().filter(|path| path.length() > 0)?;
    path.iter().try_fold(values.into(), |holder: JsValue, step| {
        let is_step = step.is_string() || step.as_f64().is_some();
        // An array of bytes holds no live value.
        if !is_step || !holder.is_object() || ArrayBuffer::is_view(&holder) {
            return None;
        }
        let items = items_of(&holder).map_or(holder, Into::into);
        // Not `length` and the like: what is not listed is no place for a value. Asked of `Reflect`, as the
        // peer may have given the object a property of any name.
        let place = Reflect::get_own_property_descriptor(items.unchecked_ref::<Object>(), &step).ok()?;
        let part = |name: &str| Reflect::get(&place, &name.into()).ok();
        part("enumerable").filter(JsValue::is_truthy)?;
        part("value")
    })
}

/// Whether this stands for an error: `[class, name, message, properties]`.
fn is_error_record(value: &JsValue) -> bool {
    value.dyn_ref::<Array>().is_some_and(|record| {
        let props = record.get(3);
        record.length() == 4
            && (0..3).all(|at| record.get(at).is_string())
            && (props.is_null() || (props.is_object() && !Array::is_array(&props)))
    })
}
