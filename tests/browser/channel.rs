//! The typed channel: two ends in one page, over a pair of ports.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use futures_channel::{mpsc, oneshot};
use futures_util::{
    StreamExt,
    future::{join, poll_immediate},
    stream,
};
use portcullis::{
    channel::ops::State,
    web::{Channel, ConnectOptions, Thrown},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlIFrameElement, MessageChannel, MessagePort};

use crate::js::{held, keep_ledger, whenever};

fn ports() -> (MessagePort, MessagePort) {
    let channel = MessageChannel::new().unwrap();
    (channel.port1(), channel.port2())
}

pub(crate) async fn connected(left: ConnectOptions, right: ConnectOptions) -> (Channel, Channel) {
    let (near, far) = ports();
    let (left, right) = join(Channel::connect(&near, left), Channel::connect(&far, right)).await;
    (left.unwrap(), right.unwrap())
}

pub(crate) fn options() -> ConnectOptions {
    ConnectOptions::default()
}

fn adds() -> ConnectOptions {
    options().handle("add", |(a, b): (i32, i32)| async move {
        a.checked_add(b).ok_or_else(|| Thrown { name: "RangeError".into(), message: "too large".into() })
    })
}

/// A method that never answers; the receiver tells that it was called.
fn hangs() -> (ConnectOptions, oneshot::Receiver<()>) {
    let (called, calls) = oneshot::channel();
    let called = RefCell::new(Some(called));
    let options = options().handle("hang", move |(): ()| {
        called.borrow_mut().take().unwrap().send(()).unwrap();
        std::future::pending::<Result<(), Thrown>>()
    });
    (options, calls)
}

/// Says when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Dropped {
    fn new() -> (Self, oneshot::Receiver<()>) {
        let (dropped, drops) = oneshot::channel();
        (Self(Some(dropped)), drops)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().map(|dropped| dropped.send(()));
    }
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Order {
    id: u32,
    tags: Vec<String>,
}

#[wasm_bindgen_test]
async fn calls_cross_both_ways_and_keep_their_types() {
    let twice = options().handle("twice", |(order,): (Order,)| async move {
        Ok(Order { id: order.id * 2, tags: [order.tags.clone(), order.tags].concat() })
    });
    let (left, right) = connected(adds(), twice).await;

    assert_eq!(right.call::<_, i32>("add", &(1, 2)).await.unwrap(), 3);
    let order: Order = left.call("twice", &(Order { id: 4, tags: vec!["a".into()] },)).await.unwrap();
    assert_eq!(order, Order { id: 8, tags: vec!["a".into(), "a".into()] });
    assert_eq!((left.state(), &*left.origin()), (State::Open, ""));
}

#[wasm_bindgen_test]
async fn a_failed_call_says_why() {
    let (_left, right) = connected(adds(), options()).await;

    let thrown = right.call::<_, i32>("add", &(i32::MAX, 1)).await.unwrap_err();
    assert_eq!(thrown.code, "call/threw");
    assert_eq!(thrown.thrown, Some(Thrown { name: "RangeError".into(), message: "too large".into() }));
    let wrong = right.call::<_, i32>("add", &("one", 2)).await.unwrap_err();
    assert_eq!(wrong.thrown.unwrap().name, "TypeError");
    assert_eq!(right.call::<_, i32>("subtract", &(2, 1)).await.unwrap_err().code, "call/method-not-found");
    assert_eq!(right.call::<_, String>("add", &(1, 2)).await.unwrap_err().code, "call/invalid");
    assert_eq!(right.call::<_, i32>("add", &(1, 2)).await.unwrap(), 3, "and the next call works");
}

#[wasm_bindgen_test]
async fn notifications_and_events_arrive_in_their_order() {
    let (noted, mut notes) = mpsc::unbounded();
    let taking = options().handle("note", move |(what,): (u32,)| {
        noted.unbounded_send(what).unwrap();
        async { Ok(()) }
    });
    let (left, right) = connected(taking, options()).await;
    let mut numbers = left.on::<u32>("number");
    let mut texts = left.on::<String>("number");

    for number in 0..3 {
        right.notify("note", &(number,)).unwrap();
        right.emit("number", &number).unwrap();
        right.emit("another", &7).unwrap();
    }

    for number in 0..3 {
        assert_eq!(notes.next().await, Some(number));
        assert_eq!(numbers.next().await.unwrap().unwrap(), number);
        assert_eq!(texts.next().await.unwrap().unwrap_err().code, "call/invalid", "a number is no text");
    }
    assert!(poll_immediate(numbers.next()).await.is_none(), "nothing of the other topic");
}

#[wasm_bindgen_test]
async fn a_stream_is_read_to_its_end_and_a_reader_that_leaves_ends_its_producer() {
    let (kept, ended) = Dropped::new();
    let kept = RefCell::new(Some(kept));
    let counts = options().handle_stream("count_to", |(last,): (u32,)| stream::iter(1..=last)).handle_stream(
        "count",
        move |(): ()| {
            let kept = kept.borrow_mut().take();
            stream::iter(0_u32..).map(move |number| {
                let _held = &kept;
                number
            })
        },
    );
    let (_left, right) = connected(counts, options()).await;

    let numbers = right.call_stream::<_, u32>("count_to", &(3,)).await.unwrap();
    let numbers: Vec<u32> = numbers.map(Result::unwrap).collect().await;
    assert_eq!(numbers, [1, 2, 3]);
    let mut endless = right.call_stream::<_, u32>("count", &()).await.unwrap();
    // More than one window of credit.
    for number in 0..50_000 {
        assert_eq!(endless.next().await.unwrap().unwrap(), number);
    }
    drop(endless);
    ended.await.unwrap();
}

#[wasm_bindgen_test]
async fn close_settles_the_calls_in_flight_on_both_sides() {
    let (hangs_left, called_left) = hangs();
    let (hangs_right, called_right) = hangs();
    let (left, right) = connected(hangs_left, hangs_right).await;
    let waiting = join(left.call::<_, ()>("hang", &()), right.call::<_, ()>("hang", &()));
    let closing = async {
        let _ = join(called_left, called_right).await;
        left.close(Some("enough"));
    };

    let ((ours, theirs), ()) = join(waiting, closing).await;
    assert_eq!(ours.unwrap_err().code, "channel/closed");
    assert_eq!(theirs.unwrap_err().code, "call/peer-gone");
    assert_eq!(right.closed().await, ("channel/closed", Some("enough".into())));
    assert_eq!((left.closed().await.0, left.state()), ("channel/closed", State::Closed));
    assert_eq!(left.call::<_, ()>("hang", &()).await.unwrap_err().code, "channel/closed");
}

#[wasm_bindgen_test]
async fn a_call_that_is_dropped_ends_its_handler() {
    let (kept, ended) = Dropped::new();
    let (called, calls) = oneshot::channel();
    let once = RefCell::new(Some((kept, called)));
    let hangs = options().handle("hang", move |(): ()| {
        let (kept, called) = once.borrow_mut().take().unwrap();
        async move {
            called.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(kept);
            Ok(())
        }
    });
    let (_left, right) = connected(hangs, options()).await;
    {
        let call = right.call::<_, ()>("hang", &());
        futures_util::pin_mut!(call);
        futures_util::future::select(call, calls).await;
    }
    ended.await.unwrap();
}

#[wasm_bindgen_test]
async fn the_last_handle_closes_the_channel_and_gives_everything_back() {
    let ledger = keep_ledger();
    let kinds = ["listeners", "timers", "ports"];
    let before = held(&ledger, &kinds);
    let (near, far) = ports();
    let (kept, handler_gone) = Dropped::new();
    let holds = options().handle("hold", move |(): ()| {
        let _held = &kept;
        async { Ok(()) }
    });
    let (left, right) = join(Channel::connect(&near, holds), Channel::connect(&far, options())).await;
    let (left, right) = (left.unwrap(), right.unwrap());
    let other = left.clone();
    drop(left);
    assert_eq!(other.state(), State::Open, "another handle keeps it open");
    // Something is owed, so there is a timer for the heartbeat.
    right.call::<_, ()>("hold", &()).await.unwrap();
    let during = held(&ledger, &kinds);

    drop(other);
    handler_gone.await.unwrap();
    assert_eq!(right.closed().await.0, "channel/closed");
    near.close();
    far.close();

    assert!(during.iter().zip(&before).all(|(during, before)| during > before), "{during:?}, {before:?}");
    assert_eq!(held(&ledger, &kinds), before);
}

#[wasm_bindgen_test]
async fn a_connect_that_is_given_up_gives_everything_back() {
    let frame = Frame::new("<p>nobody</p>");
    let ledger = keep_ledger();
    let kinds = ["listeners", "timers"];
    let before = held(&ledger, &kinds);
    let mut connecting = Box::pin(Channel::connect(&frame.element, ConnectOptions::new([own_origin()])));
    assert!(poll_immediate(&mut connecting).await.is_none());
    let during = held(&ledger, &kinds);
    assert!(during.iter().zip(&before).all(|(during, before)| during > before), "{during:?}, {before:?}");

    drop(connecting);
    assert_eq!(held(&ledger, &kinds), before);
}

#[wasm_bindgen_test]
async fn a_second_channel_with_the_same_peer_needs_another_name() {
    let named = |name: &str| {
        let mut options = ConnectOptions::new([own_origin()]);
        options.name = name.into();
        options
    };
    // A port: one channel lives, so another is refused until it has ended.
    let (near, far) = ports();
    let (left, right) = join(Channel::connect(&near, named("")), Channel::connect(&far, named(""))).await;
    let (left, right) = (left.unwrap(), right.unwrap());
    let refused = Channel::connect(&near, named("")).await.unwrap_err();
    assert_eq!(refused.code, "connect/refused");
    assert!(refused.message.contains("another name"), "{}", refused.message);
    left.close(None);
    right.closed().await;
    let (again, _) = join(Channel::connect(&near, named("")), Channel::connect(&far, named(""))).await;
    assert_eq!(again.unwrap().state(), State::Open);

    // A window: it counts from the start, and is the same one by its frame and by itself.
    let frame = Frame::new("<p>nobody</p>");
    let window = frame.element.content_window().unwrap();
    let mut first = Box::pin(Channel::connect(&frame.element, named("a")));
    assert!(poll_immediate(&mut first).await.is_none());
    assert_eq!(Channel::connect(&window, named("a")).await.unwrap_err().code, "connect/refused");
    assert!(poll_immediate(Box::pin(Channel::connect(&window, named("b")))).await.is_none());
    drop(first);
    assert!(poll_immediate(Box::pin(Channel::connect(&window, named("a")))).await.is_none());
}

#[wasm_bindgen_test]
async fn a_channels_name_may_be_as_long_as_a_greeting_can_hold() {
    let named = |name: &str| {
        let mut options = options();
        options.name = name.into();
        options
    };
    for fits in ["n".repeat(1024), "\u{e9}".repeat(1024), "\u{1d11e}".repeat(512)] {
        let (left, _right) = connected(named(&fits), named(&fits)).await;
        assert_eq!(left.state(), State::Open);
    }
    for (long, length) in
        [("n".repeat(1025), "1025"), ("\u{e9}".repeat(1025), "1025"), ("\u{1d11e}".repeat(513), "1026")]
    {
        let (near, _far) = ports();
        let at_once = poll_immediate(Box::pin(Channel::connect(&near, named(&long)))).await;
        let error = at_once.unwrap().unwrap_err();
        assert_eq!(error.code, "connect/refused");
        for part in ["name", "the port", length, "at most 1024"] {
            assert!(error.message.contains(part), "{error}");
        }
    }
}

/// Whatever of the platform the driver uses may call back into the channel: a page can have patched it.
#[wasm_bindgen_test]
async fn the_platform_may_call_back_into_the_channel() {
    let (left, right) = connected(adds(), adds()).await;
    let mut numbers = right.on::<u32>("number");
    let used = Rc::new(RefCell::new(Vec::new()));
    let sent = Rc::new(Cell::new(0));
    let probe = {
        let (left, right, used, sent) = (left.clone(), right.clone(), Rc::clone(&used), Rc::clone(&sent));
        Closure::<dyn Fn(String)>::new(move |name: String| {
            // Both need what they hold to be free for a change.
            drop((left.on::<u32>("nothing"), right.on::<u32>("nothing")));
            if name == "postMessage" && sent.get() < 3 {
                left.emit("number", &sent.get()).unwrap();
                sent.set(sent.get() + 1);
            }
            used.borrow_mut().push(name);
        })
    };
    let undo = whenever(&probe);

    left.emit("number", &100).unwrap();
    let mut heard = Vec::new();
    for _ in 0..4 {
        heard.push(numbers.next().await.unwrap().unwrap());
    }
    assert_eq!(right.call::<_, i32>("add", &(1, 2)).await.unwrap(), 3);
    left.close(None);
    assert_eq!(right.closed().await.0, "channel/closed");
    undo.call0(&JsValue::UNDEFINED).unwrap();

    assert_eq!(heard, [100, 0, 1, 2], "what was said while a message was posted comes after it");
    for name in ["now", "postMessage", "close", "setTimeout", "clearTimeout", "removeEventListener"] {
        assert!(used.borrow().iter().any(|used| used == name), "{name} was not used");
    }
}

/// As above, for what the application's own values do when they are dropped.
#[wasm_bindgen_test]
async fn what_is_dropped_may_call_back_into_the_channel() {
    struct Says(Rc<RefCell<Option<Channel>>>, &'static str);
    impl Drop for Says {
        fn drop(&mut self) {
            if let Some(channel) = &*self.0.borrow() {
                channel.emit("dropped", self.1).unwrap();
            }
        }
    }
    let here = Rc::new(RefCell::new(None));
    let (of_stream, of_handler) = (Rc::clone(&here), Rc::clone(&here));
    let says = Says(of_handler, "handler");
    let methods = options()
        .handle_stream("count", move |(): ()| {
            let says = Says(Rc::clone(&of_stream), "stream");
            stream::iter(0_u32..).map(move |number| {
                let _held = &says;
                number
            })
        })
        .handle("replaced", move |(): ()| {
            let _held = &says;
            async { Ok(()) }
        });
    let (left, right) = connected(methods, options()).await;
    *here.borrow_mut() = Some(left.clone());
    let mut dropped = right.on::<String>("dropped");

    drop(right.call_stream::<_, u32>("count", &()).await.unwrap());
    assert_eq!(dropped.next().await.unwrap().unwrap(), "stream");
    left.handle("replaced", |(): ()| async { Ok(()) });
    assert_eq!(dropped.next().await.unwrap().unwrap(), "handler");
    // Or it would keep itself open.
    drop(here.borrow_mut().take());
}

/// A frame of this page's own origin, removed in the end.
struct Frame {
    element: HtmlIFrameElement,
}

impl Frame {
    fn new(markup: &str) -> Self {
        let document = web_sys::window().unwrap().document().unwrap();
        let element: HtmlIFrameElement = document.create_element("iframe").unwrap().unchecked_into();
        element.set_attribute("srcdoc", markup).unwrap();
        document.body().unwrap().append_child(&element).unwrap();
        Self { element }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.element.remove();
    }
}

fn own_origin() -> String {
    web_sys::window().unwrap().origin()
}
