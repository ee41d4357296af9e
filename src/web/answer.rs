//! What a method offered to the peer answers with.

use alloc::{boxed::Box, rc::Rc, vec::Vec};
use core::pin::Pin;

use futures_core::Stream;
use futures_util::{
    StreamExt,
    future::{AbortHandle, Abortable},
};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{
    driver::{Driver, LocalFuture},
    error::Thrown,
};
use crate::channel::{error::FailCode, ops::Live};

/// The items of a stream that the peer reads.
pub(crate) type ItemStream = Pin<Box<dyn Stream<Item = Result<JsValue, Thrown>>>>;

/// A method's result.
pub(crate) enum Answer {
    /// One value.
    Value(JsValue),
    /// A stream: the peer gets an async iterable.
    Stream(ItemStream),
}

/// A method: its arguments in, its answer later.
pub(crate) type Handler = Box<dyn Fn(Vec<JsValue>) -> LocalFuture<Result<Answer, Thrown>>>;

/// What a reason counts as in bytes.
const REASON_BYTES: u32 = 256;

/// The one value of a failure: `[value, paths]`, where the paths say which parts are error records.
fn reason(thrown: &Thrown) -> JsValue {
    let record = Array::of4(
        &JsValue::from("Error"),
        &JsValue::from(&*thrown.name),
        &JsValue::from(&*thrown.message),
        &JsValue::NULL,
    );
    let root = Array::of1(&JsValue::from(0));
    Array::of2(&record, &Array::of1(&root)).into()
}

impl Driver {
    /// Runs a method for the peer; `id` is where to answer, if anybody waits.
    pub(super) fn run(self: &Rc<Self>, id: Option<u32>, method: &str, args: Vec<JsValue>) {
        let handler = {
            let inside = self.inside.borrow();
            inside.methods.iter().find(|(name, _)| name == method).map(|(_, handler)| Rc::clone(handler))
        };
        let Some(handler) = handler else {
            if let Some(id) = id {
                // The peer has gone if this is refused: then nobody waits.
                let _ = self.tell(|link, _| link.fail(id, FailCode::MethodNotFound, 0, 0, []));
                self.schedule();
            }
            return;
        };
        let (abort, registration) = AbortHandle::new_pair();
        if let Some(id) = id {
            self.inside.borrow_mut().running.push((id, abort));
        }
        let driver = Rc::clone(self);
        spawn_local(async move {
            let outcome = Abortable::new(handler(args), registration).await;
            let Some(id) = id else { return };
            driver.inside.borrow_mut().running.retain(|(running, _)| *running != id);
            match outcome {
                Ok(Ok(Answer::Value(value))) => driver.reply_with_value(id, value),
                Ok(Ok(Answer::Stream(items))) => driver.reply_with_stream(id, items),
                Ok(Err(thrown)) => {
                    let reason = reason(&thrown);
                    let _ = driver.tell(|link, _| link.fail(id, FailCode::Threw, 1, REASON_BYTES, [reason]));
                }
                // The slot of the call is given back, though nobody waits any more.
                Err(_) => {
                    let _ = driver.tell(|link, _| link.fail(id, FailCode::Aborted, 0, 0, []));
                }
            }
            driver.schedule();
        });
    }

    fn reply_with_value(self: &Rc<Self>, id: u32, value: JsValue) {
        match self.take_out(given(value)) {
            Ok(taken) => {
                // The peer has gone if this is refused: then nobody waits.
                let _ = self.tell(|link, _| link.reply(id, taken.count, taken.bytes, taken.values));
            }
            Err(unsent) => self.refuse_value(id, "result", &unsent.why),
        }
    }

    fn reply_with_stream(self: &Rc<Self>, id: u32, items: ItemStream) {
        let Ok(stream) = self.tell(|link, _| link.open_stream()) else {
            let _ = self.tell(|link, _| link.fail(id, FailCode::Busy, 0, 0, []));
            return;
        };
        self.inside.borrow_mut().produced.push((stream, items));
        let root = Array::of1(&JsValue::from(0));
        // Where the stream stands in the value, which is `null` there.
        let values = [JsValue::NULL, Array::of1(&root).into()];
        let taken = self.tell(|link, _| {
            let taken = link.live(Live::Iterable.number(), stream);
            if taken {
                // Nobody waits for the answer if this is refused.
                let _ = link.reply(id, 1, 0, values);
            }
            taken
        });
        if !taken {
            drop(self.inside.borrow_mut().take_produced(stream));
            let _ = self.tell(|link, _| link.end_stream(stream, 0, []));
            self.refuse_value(id, "result", "the receiver takes no streams");
        }
    }

    /// Fails a call for a value that has no place on one of the sides.
    pub(super) fn refuse_value(self: &Rc<Self>, id: u32, path: &str, why: &str) {
        let said = Array::of2(&path.into(), &why.into());
        // Nothing in it is live: `[value, paths]`.
        let reason = Array::of2(&said, &Array::new()).into();
        let _ = self.tell(|link, _| link.fail(id, FailCode::NotCloneable, 1, REASON_BYTES, [reason]));
        self.schedule();
    }

    /// The peer has given credit: sends items until it is used up.
    pub(super) fn produce(self: &Rc<Self>, stream: u32) {
        let items = self.inside.borrow_mut().take_produced(stream);
        // A stream that is not in the table is being sent from already.
        let Some(mut items) = items else { return };
        let driver = Rc::clone(self);
        spawn_local(async move {
            loop {
                let sent = match items.next().await {
                    Some(Ok(item)) => match driver.take_out(given(item)) {
                        Ok(taken) => {
                            driver.tell(|link, _| link.item(stream, taken.count, taken.bytes, taken.values))
                        }
                        Err(unsent) => {
                            driver.reset(stream, &unsent.thrown());
                            break;
                        }
                    },
                    Some(Err(thrown)) => {
                        driver.reset(stream, &thrown);
                        break;
                    }
                    None => {
                        let _ = driver.tell(|link, _| link.end_stream(stream, 0, []));
                        break;
                    }
                };
                match sent {
                    Ok(credit) if credit > 0 => {}
                    Ok(_) => {
                        driver.inside.borrow_mut().produced.push((stream, items));
                        break;
                    }
                    // The reader left, or the peer did: dropping the items ends the producer.
                    Err(_) => break,
                }
            }
            driver.schedule();
        });
    }

    /// Breaks a stream that the peer reads.
    fn reset(self: &Rc<Self>, stream: u32, thrown: &Thrown) {
        // The reader may have left.
        let _ = self.tell(|link, _| link.reset_stream(stream, 1, [reason(thrown)]));
    }

    /// The caller does not wait any more: drops the handler's future.
    pub(super) fn abort(&self, id: u32) {
        let mut inside = self.inside.borrow_mut();
        if let Some(at) = inside.running.iter().position(|(running, _)| *running == id) {
            let (_, handle) = inside.running.swap_remove(at);
            drop(inside);
            handle.abort();
        }
    }

    /// A stream's item was taken by its reader here.
    pub(super) fn consumed(self: &Rc<Self>, stream: u32, cost: u32) {
        self.tell(|link, _| link.consumed(stream, cost));
    }

    /// A stream's reader here has left.
    pub(super) fn stop(self: &Rc<Self>, stream: u32) {
        let reader = self.inside.borrow_mut().take_reader(stream);
        drop(reader);
        let _ = self.tell(|link, _| link.stop_stream(stream, 0, []));
        self.tell(|link, now| link.flush(now));
    }
}

/// The values of a body that holds this one: `undefined` needs none.
pub(super) fn given(value: JsValue) -> Option<JsValue> {
    (!value.is_undefined()).then_some(value)
}
