//! What this side sends is held to its own limits: it is refused to its sender by name, and the channel goes on.

use std::{cell::RefCell, future::ready};

use futures_channel::mpsc;
use futures_util::{
    StreamExt,
    future::{join, poll_immediate},
    stream,
};
use portcullis::{
    channel::ops::State,
    web::{Channel, ConnectOptions, Error, Thrown},
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    channel::{connected, options},
    js::value,
};

/// A value as the other page has it, of whatever kind.
#[derive(Debug, Deserialize, Serialize)]
#[serde(transparent)]
struct Any(#[serde(with = "serde_wasm_bindgen::preserve")] JsValue);

fn any(source: &str) -> Any {
    Any(value(source))
}

/// A body of 1,000 bytes, three levels, names of five characters; and the methods that the tests need.
fn limited() -> ConnectOptions {
    let mut limited = options()
        .handle("echo", |(it,): (Any,)| ready(Ok(it)))
        .handle("make", |(source,): (String,)| ready(Ok(any(&source))))
        .handle("throw", |(): ()| ready(Err::<(), _>(Thrown::new("no"))))
        .handle_stream("items", |(source,): (String,)| stream::iter([any("1"), any(&source), any("2")]));
    limited.limits.queued_bytes = 1000;
    limited.bodies.depth = 3;
    limited.bodies.name_length = 5;
    limited
}

const SIZE: &str = "limits.queued_bytes (1000)";
const DEPTH: &str = "bodies.depth (3)";

/// At the limit, one beyond it, and the limit that says so.
#[rustfmt::skip]
const BODIES: &[(&str, &str, &str)] = &[
    ("'x'.repeat(1000)",                      "'x'.repeat(1001)",                      SIZE),
    ("'\u{1d11e}'.repeat(500)",                "'\u{1d11e}'.repeat(500) + 'x'",          SIZE),
    ("['x'.repeat(984)]",                     "['x'.repeat(985)]",                     SIZE),
    ("[...Array(122).fill(0), 'x'.repeat(8)]","[...Array(122).fill(0), 'x'.repeat(9)]",SIZE),
    ("({ ab: 'x'.repeat(982) })",             "({ ab: 'x'.repeat(983) })",             SIZE),
    ("({ ['x'.repeat(976)]: null })",         "({ ['x'.repeat(977)]: null })",         SIZE),
    ("new Map([['ab', 'x'.repeat(982)]])",    "new Map([['ab', 'x'.repeat(983)]])",    SIZE),
    ("new Set(['x'.repeat(984)])",            "new Set(['x'.repeat(985)])",            SIZE),
    ("[new Date(), 'x'.repeat(904)]",         "[new Date(), 'x'.repeat(905)]",         SIZE),
    ("16n ** 1983n",                          "16n ** 1985n",                          SIZE),
    ("new ArrayBuffer(968)",                  "new ArrayBuffer(969)",                  SIZE),
    ("new Uint16Array(484)",                  "new Uint16Array(485)",                  SIZE),
    // A part of a buffer crosses with the whole of it.
    ("new Uint8Array(new ArrayBuffer(968), 1, 1)", "new Uint8Array(new ArrayBuffer(969), 1, 1)", SIZE),
    // What is there twice counts once.
    ("(one => [one, one])(['x'.repeat(968)])","(one => [one, one])(['x'.repeat(969)])",SIZE),
    ("[[[1]]]",                               "[[[[]]]]",                              DEPTH),
    ("({ a: { a: { a: 1 } } })",              "({ a: { a: { a: {} } } })",             DEPTH),
    ("new Map([[[[1]], 1]])",                 "new Map([[[[[]]], 1]])",                DEPTH),
    ("new Set([new Set([[1]])])",             "new Set([new Set([[new Date()]])])",    DEPTH),
    ("(it => it.push(it) && it)([])",         "(it => it.push(it) && [[[it]]])([])",   DEPTH),
];

fn code(limit: &str) -> &'static str {
    if limit == SIZE { "call/busy" } else { "call/not-cloneable" }
}

/// It is this error, and its words name the limit, the peer and what to do.
#[track_caller]
fn refused(error: &Error, code: &str, limit: &str) {
    assert_eq!(error.code, code, "{error}");
    for part in [limit, "the port", "raise the limit on both sides"] {
        assert!(error.message.contains(part), "{error}");
    }
}

/// Lets the peer say what it has taken, so that nothing waits on this side.
async fn settle(channel: &Channel, peer: &Channel) {
    let mut heard = channel.on::<i32>("taken");
    // Its answer comes behind everything else.
    peer.call::<_, Any>("echo", &(1,)).await.unwrap();
    peer.emit("taken", &1).unwrap();
    heard.next().await.unwrap().unwrap();
}

#[wasm_bindgen_test]
async fn arguments_cross_up_to_the_limits_and_are_refused_to_their_sender_beyond() {
    let (left, _right) = connected(limited(), limited()).await;
    for (at, beyond, limit) in BODIES {
        let error = left.call::<_, Any>("echo", &(any(beyond),)).await.unwrap_err();
        refused(&error, code(limit), limit);
        assert!(error.message.contains("\"echo\""), "{error}");
        left.call::<_, Any>("echo", &(any(at),)).await.unwrap_or_else(|error| panic!("{at}: {error}"));
    }
    let halves = left.call::<_, Any>("echo", &("x".repeat(500), "x".repeat(501))).await.unwrap_err();
    refused(&halves, "call/busy", SIZE);
    left.call::<_, Any>("echo", &("x".repeat(500), "x".repeat(500))).await.unwrap();
    assert_eq!(left.state(), State::Open);
}

#[wasm_bindgen_test]
async fn notifications_and_events_cross_up_to_the_limits_and_are_refused_beyond() {
    let (noted, mut notes) = mpsc::unbounded();
    let notes_down = limited().handle("note", move |(_,): (Any,)| {
        noted.unbounded_send(()).unwrap();
        ready(Ok(()))
    });
    let (left, right) = connected(limited(), notes_down).await;
    let mut events = right.on::<Any>("topic");
    for (at, beyond, limit) in BODIES {
        refused(&left.notify("note", &(any(beyond),)).unwrap_err(), code(limit), limit);
        refused(&left.emit("topic", &any(beyond)).unwrap_err(), code(limit), limit);
        left.notify("note", &(any(at),)).unwrap();
        notes.next().await.unwrap();
        settle(&left, &right).await;
        left.emit("topic", &any(at)).unwrap();
        events.next().await.unwrap().unwrap();
        settle(&left, &right).await;
    }
    assert!(poll_immediate(notes.next()).await.is_none(), "nothing more");
    assert!(poll_immediate(events.next()).await.is_none(), "nothing more");
}

#[wasm_bindgen_test]
async fn a_result_beyond_the_limits_fails_its_call_and_no_other() {
    let (left, _right) = connected(limited(), limited()).await;
    for (at, beyond, limit) in BODIES {
        let (error, other) =
            join(left.call::<_, Any>("make", &(beyond,)), left.call::<_, i32>("echo", &(7,))).await;
        refused(&error.unwrap_err(), "call/not-cloneable", limit);
        assert_eq!(other.unwrap(), 7);
        left.call::<_, Any>("make", &(at,)).await.unwrap_or_else(|error| panic!("{at}: {error}"));
    }
    assert_eq!(left.state(), State::Open);
}

#[wasm_bindgen_test]
async fn an_item_beyond_the_limits_ends_its_stream_alone() {
    let (left, _right) = connected(limited(), limited()).await;
    for (at, beyond, limit) in BODIES {
        let items = left.call_stream::<_, Any>("items", &(at,)).await.unwrap();
        let items: Vec<_> = items.collect().await;
        assert!(items.len() == 3 && items.iter().all(Result::is_ok), "{at}: {items:?}");

        let items = left.call_stream::<_, Any>("items", &(beyond,)).await.unwrap();
        let items: Vec<_> = items.collect().await;
        let [Ok(_), Err(error)] = &items[..] else { panic!("{beyond}: {items:?}") };
        assert_eq!(error.code, "call/threw");
        let thrown = error.thrown.as_ref().unwrap();
        assert_eq!(thrown.name, "PortcullisError");
        assert!(thrown.message.contains(limit), "{thrown:?}");
    }
    assert_eq!(left.state(), State::Open);
}

#[wasm_bindgen_test]
async fn names_are_told_up_to_the_limit() {
    let (left, right) = connected(limited(), limited()).await;
    let mut events = right.on::<i32>("\u{1d11e}\u{1d11e}5");
    for fits in ["12345", "\u{1d11e}\u{1d11e}5"] {
        let error = left.call::<_, ()>(fits, &()).await.unwrap_err();
        assert!(!error.message.contains("name_length"), "the peer has answered: {error}");
        left.emit(fits, &1).unwrap();
    }
    assert_eq!(events.next().await.unwrap().unwrap(), 1);
    for long in ["123456", "\u{1d11e}\u{1d11e}\u{1d11e}"] {
        let call = left.call::<_, ()>(long, &()).await.unwrap_err();
        let notify = left.notify(long, &()).unwrap_err();
        let emit = left.emit(long, &1).unwrap_err();
        let codes = [call.code, notify.code, emit.code];
        assert_eq!(codes, ["call/method-not-found", "call/method-not-found", "call/invalid"], "{long}");
        for error in [call, notify, emit] {
            assert!(error.message.contains(long), "{error}");
            assert!(error.message.contains("bodies.name_length (5)"), "{error}");
        }
    }
    assert_eq!(left.call::<_, i32>("echo", &(7,)).await.unwrap(), 7);
}

/// The link counts what waits: the estimated bytes and 32 for each frame.
#[wasm_bindgen_test]
async fn what_waits_is_bounded_by_its_estimated_bytes() {
    const FIRST: &[&str] = &["'x'.repeat(400)", "['x'.repeat(384)]", "({ a: new ArrayBuffer(351) })"];
    for (first, way) in FIRST.iter().flat_map(|first| ["call", "notify", "emit"].map(|way| (first, way))) {
        let (left, right) = connected(limited(), limited()).await;
        let send = async |length: usize| {
            let text = "x".repeat(length);
            match way {
                "call" => left.call::<_, Any>("echo", &(text,)).await.map(drop),
                "notify" => left.notify("echo", &(text,)),
                _ => left.emit("topic", &text),
            }
        };
        left.emit("topic", &any(first)).unwrap();
        let busy = send(537).await.unwrap_err();
        assert_eq!(busy.code, "call/busy", "{way} after {first}");
        assert!(busy.message.contains("as much waits as limits.pending_calls or limits.queued_bytes"));
        send(536).await.unwrap();
        settle(&left, &right).await;
        send(1000).await.unwrap();
    }
}

/// Answers are never refused for what waits, but count for what follows them.
#[wasm_bindgen_test]
async fn answers_and_items_count_among_what_waits() {
    for (way, source, room) in [
        ("result", "'x'.repeat(600)", 336),
        ("result", "['x'.repeat(584)]", 336),
        ("throw", "", 680),
        // Two more items, and the end.
        ("items", "'x'.repeat(600)", 336 - 2 * 40 - 32),
        ("items", "['x'.repeat(584)]", 336 - 2 * 40 - 32),
    ] {
        let (left, right) = connected(limited(), limited()).await;
        // An answer is here before the peer hears that it came.
        match way {
            "result" => drop(left.call::<_, Any>("make", &(source,)).await.unwrap()),
            "throw" => drop(left.call::<_, ()>("throw", &()).await.unwrap_err()),
            _ => {
                let items = left.call_stream::<_, Any>("items", &(source,)).await.unwrap();
                assert_eq!(items.collect::<Vec<_>>().await.len(), 3);
            }
        }
        let busy = right.emit("topic", &"x".repeat(room + 1)).unwrap_err();
        assert_eq!(busy.code, "call/busy", "{way} {source}");
        right.emit("topic", &"x".repeat(room)).unwrap();
    }
}

#[wasm_bindgen_test]
async fn values_are_taken_when_they_are_sent() {
    let (left, right) = connected(options(), options()).await;
    let mut events = right.on::<Vec<u32>>("list");
    let list = any("[1]");
    left.emit("list", &list).unwrap();
    list.0.unchecked_ref::<js_sys::Array>().push(&2.into());
    left.emit("list", &list).unwrap();
    assert_eq!(events.next().await.unwrap().unwrap(), [1]);
    assert_eq!(events.next().await.unwrap().unwrap(), [1, 2]);
}

#[wasm_bindgen_test]
async fn what_cannot_cross_is_refused_to_its_sender() {
    let (left, right) = connected(limited(), limited()).await;
    let mut events = right.on::<Any>("topic");
    for source in [
        "() => 1",
        "[() => 1]",
        "Symbol('no')",
        "({ get a() { throw { no: 'words' } } })",
        "(it => { for (let i = 0; i < 100000; i++) it = [it]; return it; })(1)",
        "(({ proxy, revoke }) => (revoke(), [proxy]))(Proxy.revocable([], {}))",
    ] {
        assert_eq!(left.emit("topic", &any(source)).unwrap_err().code, "call/not-cloneable", "{source}");
        let error = left.call::<_, Any>("echo", &(any(source),)).await.unwrap_err();
        assert_eq!(error.code, "call/not-cloneable", "{source}");
        let error = left.call::<_, Any>("make", &(source,)).await.unwrap_err();
        assert_eq!(error.code, "call/not-cloneable", "{source}");
        assert!(error.message.contains("had a value that cannot cross: a value "), "{error}");
    }
    left.emit("topic", &any("({ get a() { return 1 } })")).unwrap();
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(js_sys::JSON::stringify(&event.0).unwrap(), "{\"a\":1}");
}

/// A getter runs while its value is taken.
#[wasm_bindgen_test]
async fn a_value_may_call_back_into_the_channel_while_it_is_taken() {
    let (left, right) = connected(options(), options()).await;
    let mut events = right.on::<Any>("topic");
    let (inner, answer) = (left.clone(), RefCell::new(None));
    let get = Closure::<dyn FnMut() -> JsValue>::new(move || {
        drop(inner.on::<i32>("nothing"));
        inner.emit("topic", &1).unwrap();
        answer.borrow_mut().replace(());
        2.into()
    });
    let make: js_sys::Function = value("get => ({ get a() { return get() } })").unchecked_into();
    let holder = make.call1(&JsValue::UNDEFINED, get.as_ref()).unwrap();
    left.emit("topic", &Any(holder)).unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().0, 1);
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(js_sys::JSON::stringify(&event.0).unwrap(), "{\"a\":2}");
}

#[wasm_bindgen_test]
async fn after_the_end_everything_is_refused_as_closed() {
    let (left, right) = connected(limited(), limited()).await;
    assert_eq!(left.call::<_, i32>("echo", &(7,)).await.unwrap(), 7);
    left.close(None);
    right.closed().await;
    for closed in [
        left.call::<_, Any>("echo", &("x".repeat(1001),)).await.map(drop),
        left.notify("too long a name", &()),
        left.emit("topic", &any("[[[[]]]]")),
    ] {
        assert_eq!(closed.unwrap_err().code, "channel/closed");
    }
}
