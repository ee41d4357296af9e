//! What a dropped guard must no longer do, each with a control that it did while it lived.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures_channel::oneshot;
use js_sys::Array;
use portcullis::web::{listener::Listener, port::Port, timer::Timer};
use wasm_bindgen::{JsValue, prelude::*};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Event, EventTarget, MessageEvent};

/// Counts errors that nobody caught: a call into a dropped closure is one.
fn count_uncaught_errors() -> Rc<Cell<u32>> {
    let errors = Rc::new(Cell::new(0));
    let count = Rc::clone(&errors);
    let callback = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        event.prevent_default();
        count.set(count.get() + 1);
    });
    let window = web_sys::window().unwrap();
    window.add_event_listener_with_callback("error", callback.as_ref().unchecked_ref()).unwrap();
    callback.forget();
    errors
}

#[wasm_bindgen_test]
fn a_dropped_listener_hears_nothing() {
    let (target, errors) = (EventTarget::new().unwrap(), count_uncaught_errors());
    let heard = Rc::new(Cell::new(0));
    let listener = Listener::new(target.clone(), "message", count::<MessageEvent>(&heard));
    let message = MessageEvent::new("message").unwrap();

    target.dispatch_event(&message).unwrap(); // control: it hears while it lives
    drop(listener);
    target.dispatch_event(&message).unwrap();

    assert_eq!((heard.get(), errors.get()), (1, 0));
}

#[wasm_bindgen_test]
async fn a_dropped_timer_does_not_fire() {
    let errors = count_uncaught_errors();
    let fired = Rc::new(RefCell::new(Vec::new()));
    let (done, all_due) = oneshot::channel();
    let mut done = Some(done);
    let note = |name: &'static str| {
        let fired = Rc::clone(&fired);
        move || fired.borrow_mut().push(name)
    };

    let dropped = Timer::new(1, note("dropped"));
    let kept = Timer::new(1, note("kept")); // control
    // Timers of one page fire in the order of their due times: this one comes last.
    let last = Timer::new(5, move || send(&mut done, ()));
    drop(dropped);
    all_due.await.unwrap();

    assert_eq!((fired.borrow().as_slice(), errors.get()), (&["kept"][..], 0));
    drop((kept, last));
}

/// Resolves once everything posted before has been delivered: a round trip over a pair of its own.
async fn fence() {
    let (pass, passed) = oneshot::channel();
    let mut pass = Some(pass);
    let (near, far) = Port::pair(|_| {}, || {}).unwrap();
    let far = Port::new(far, move |_| send(&mut pass, ()), || {});
    near.post(&Array::new(), &Array::new()).unwrap();
    passed.await.unwrap();
    drop(far);
}

fn send<T>(to: &mut Option<oneshot::Sender<T>>, value: T) {
    if let Some(to) = to.take() {
        assert!(to.send(value).is_ok(), "nobody waits any more");
    }
}

#[wasm_bindgen_test]
async fn a_dropped_port_is_closed() {
    let errors = count_uncaught_errors();
    let (heard, hears) = oneshot::channel();
    let mut heard = Some(heard);
    let late = Rc::new(Cell::new(0));
    let (near, raw) = Port::pair(|_| {}, || {}).unwrap();
    let far = Port::new(raw.clone(), move |event| send(&mut heard, event.data()), || {});
    let message = Array::of1(&JsValue::from("first"));

    near.post(&message, &Array::new()).unwrap();
    assert_eq!(Array::from(&hears.await.unwrap()).get(0), "first"); // control: the pair works
    drop(far);
    // A listener of its own on the same port would hear the message if the port were open still.
    let again = Port::new(raw, count(&late), || {});
    near.post(&message, &Array::new()).unwrap();
    // Two channels keep no order between them: one round trip was seen to overtake, five were not.
    for _ in 0..5 {
        fence().await;
    }

    assert_eq!((late.get(), errors.get()), (0, 0));
    drop((near, again));
}

fn count<E>(counter: &Rc<Cell<u32>>) -> impl FnMut(E) + use<E> {
    let counter = Rc::clone(counter);
    move |_| counter.set(counter.get() + 1)
}
