use portcullis::channel::error::{CloseCode, Denial, FailCode, Misbehaviour, NotSent};
use portcullis::channel::frame::{EXPORT, Frame, Kind};
use portcullis::channel::limits::{MAX_EXPORTS, MAX_MESSAGE_WORDS, MAX_NAMES, MAX_STREAMS};
use portcullis::channel::ops::{Live, State};
use portcullis::channel::{Call, Millis};
use proptest::prelude::*;

use crate::pair::{A, B, Message, Pair, Seen};

/// The words of frames, back to back.
fn words(frames: &[Frame<'_>]) -> Vec<u32> {
    let mut words = Vec::new();
    for frame in frames {
        frame.encode(&mut words);
    }
    words
}

fn frame(kind: Kind, first: u32, second: u32) -> Frame<'static> {
    Frame::new(kind, first, second, 0)
}

/// An open pair in which B stays silent from here on, and the number of B's next message.
fn held() -> (Pair, u32) {
    let mut pair = Pair::open();
    pair.sides[B].away = true;
    (pair, 2)
}

/// Sends words as B's next message and says how A took it.
fn send(frames: &[Frame<'_>], values: &[&str]) -> Pair {
    let (mut pair, seq) = held();
    pair.forge(A, seq, 1, &words(frames), values);
    pair
}

fn closed_for(pair: &Pair) -> Option<Misbehaviour> {
    pair.closed(A).map(|(code, detail)| {
        assert_eq!(code, CloseCode::Protocol);
        Misbehaviour::from_number(detail).unwrap()
    })
}

/// What is sent, with which values, and what the channel is closed for.
type Row<'a> = (&'a str, Vec<Frame<'a>>, &'a [&'a str], Option<Misbehaviour>);

#[test]
fn frames_that_break_the_protocol_close_the_channel_and_run_no_handler() {
    use Misbehaviour::{Ack, Malformed, Opening, Release, ReusedId, TooMany, UnknownName};
    let name = Frame::new(Kind::Name, 0, 0, 1);
    let call = |id| frame(Kind::Call, id, 0);
    let function = [Live::Function.number(), 0];
    let stream_at_limit = [Live::Iterable.number(), MAX_STREAMS];
    let export_at_limit = [Live::Function.number(), MAX_EXPORTS];
    #[rustfmt::skip]
    let table: [Row<'_>; 22] = [
        ("a name and a call",             vec![name, call(0)],                        &["f"],      None),
        ("a second opening",              vec![Frame::open(1, 0, portcullis::channel::Nonce([0; 4]))], &[], Some(Opening)),
        ("a call by an unknown name",     vec![call(0)],                              &[],         Some(UnknownName)),
        ("an event of an unknown topic",  vec![frame(Kind::Event, 1023, 0)],          &[],         Some(UnknownName)),
        ("a notification by a name above the ring", vec![frame(Kind::Notify, MAX_NAMES, 0)], &[],  Some(UnknownName)),
        ("the last name of the ring",     vec![Frame::new(Kind::Name, MAX_NAMES - 1, 0, 1)], &["f"], None),
        ("a name above the ring",         vec![Frame::new(Kind::Name, MAX_NAMES, 0, 1)], &["f"],   Some(Malformed)),
        ("a name without its string",     vec![name],                                 &[],         Some(Malformed)),
        ("a value that nobody announced", vec![name],                                 &["f", "x"], Some(Malformed)),
        ("two calls under one id",        vec![name, call(0), call(0)],               &["f"],      Some(ReusedId)),
        ("two calls in one slot",         vec![name, call(0), call(1 << 20)],         &["f"],      Some(ReusedId)),
        ("a fail that only this side may say", vec![frame(Kind::Fail, 0, FailCode::TimedOut.number())], &[], Some(Malformed)),
        ("a fail without meaning",        vec![frame(Kind::Fail, 0, 0)],              &[],         Some(Malformed)),
        ("a close without meaning",       vec![frame(Kind::Close, 3, 0)],             &[],         Some(Malformed)),
        ("a release of nothing",          vec![frame(Kind::Release, 0, 1)],           &[],         Some(Release)),
        ("a release of no reference",     vec![frame(Kind::Release, 0, 0)],           &[],         Some(Release)),
        ("a lost message of the future",  vec![frame(Kind::Lost, 7, 0)],              &[],         Some(Ack)),
        ("a lost message 0",              vec![frame(Kind::Lost, 0, 0)],              &[],         Some(Ack)),
        ("a function",                    vec![name, Frame::new(Kind::Event, 0, 0, 1).with_lives(0, &function)], &["f", "x", "paths"], None),
        ("a function above the limit",    vec![name, Frame::new(Kind::Event, 0, 0, 1).with_lives(0, &export_at_limit)], &["f", "x", "paths"], Some(TooMany)),
        ("a stream above the limit",      vec![name, Frame::new(Kind::Event, 0, 0, 1).with_lives(0, &stream_at_limit)], &["f", "x", "paths"], Some(TooMany)),
        ("live values without paths",     vec![name, Frame::new(Kind::Event, 0, 0, 1).with_lives(0, &function)], &["f", "x"], Some(Malformed)),
    ];
    for (what, frames, values, expected) in table {
        let pair = send(&frames, values);
        assert_eq!(closed_for(&pair), expected, "{what}");
        if expected.is_some() && expected != Some(ReusedId) {
            assert_eq!(pair.invoked(A), [""; 0], "{what}");
        }
        assert_eq!(pair.sides[A].ports.len(), usize::from(expected.is_none()), "{what}");
    }
}

#[test]
fn frames_about_nothing_are_dropped_and_counted() {
    let (mut pair, mut seq) = held();
    let nothing = [
        frame(Kind::Reply, 0, 0),
        frame(Kind::Fail, 5, FailCode::Threw.number()),
        frame(Kind::Abort, 3, 0),
        frame(Kind::End, 9, 0),
        frame(Kind::Reset, MAX_STREAMS + 1, 0),
        frame(Kind::Notify, 4, 0).with_lives(EXPORT, &[]),
    ];
    for case in nothing {
        pair.forget_seen();
        pair.forge(A, seq, 1, &words(&[case]), &[]);
        assert_eq!(pair.seen(A), [Seen::Refused(Denial::LateFrame, 0)], "{case:?}");
        seq += 1;
    }
    pair.forget_seen();
    let quietly = [
        frame(Kind::Cancel, 0, 0),
        frame(Kind::Cancel, u32::MAX, 0),
        frame(Kind::Stop, 1, 0),
        frame(Kind::Credit, 1, u32::MAX),
        frame(Kind::Pong, 77, 0),
        frame(Kind::Item, 0, 32),
    ];
    for case in quietly {
        pair.forge(A, seq, 1, &words(&[case]), &[]);
        assert_eq!(pair.seen(A), [], "{case:?}");
        seq += 1;
    }
    assert_eq!(pair.link(A).state(), State::Open);
}

#[test]
fn a_message_out_of_order_is_dropped_or_ends_the_channel() {
    #[rustfmt::skip]
    let table = [
        (2, 1, None, 0, "the next"),
        (1, 1, None, 1, "one that was taken"),
        (0, 1, None, 1, "one from before the first"),
        (u32::MAX, 1, None, 1, "one from long before"),
        (3, 1, Some(Misbehaviour::Sequence), 0, "one is missing"),
        (0x7fff_0000, 1, Some(Misbehaviour::Sequence), 0, "many are missing"),
        (2, 2, Some(Misbehaviour::Ack), 0, "it took what was never sent"),
        (2, u32::MAX, Some(Misbehaviour::Ack), 0, "it took the end of time"),
        (2, 0, None, 0, "it has taken nothing yet"),
    ];
    for (seq, ack, expected, dropped, why) in table {
        let (mut pair, _) = held();
        pair.forge(A, seq, ack, &[], &[]);
        assert_eq!(closed_for(&pair), expected, "{why}");
        let duplicates = pair.denials(A).iter().filter(|denial| **denial == Denial::DuplicateMessage).count();
        assert_eq!(duplicates, dropped, "{why}");
    }
}

#[test]
fn an_acknowledgement_is_not_taken_back() {
    let (mut pair, seq) = held();
    pair.emit(A, "topic", "x");
    pair.flush(A);
    pair.forge(A, seq, 2, &[], &[]);
    assert_eq!(closed_for(&pair), None);
    pair.forge(A, seq + 1, 1, &[], &[]);
    assert_eq!(closed_for(&pair), Some(Misbehaviour::Ack));
}

#[test]
fn a_message_has_words_up_to_the_limit() {
    let ping = words(&[frame(Kind::Ping, 0, 0)]);
    let pings = ping.repeat(MAX_MESSAGE_WORDS as usize / 2);
    for (extra, expected) in [(0, None), (2, Some(Misbehaviour::TooMany))] {
        let (mut pair, seq) = held();
        let mut all = pings.clone();
        all.extend_from_slice(&ping[..extra]);
        pair.forge(A, seq, 1, &all, &[]);
        assert_eq!(closed_for(&pair), expected);
    }
}

#[test]
fn items_beyond_the_credit_end_the_channel() {
    let live = [Live::Iterable.number(), 0];
    let name = Frame::new(Kind::Name, 0, 0, 1);
    let event = Frame::new(Kind::Event, 0, 0, 1).with_lives(0, &live);
    #[rustfmt::skip]
    let table: [(&str, u32, &[u32], Option<Misbehaviour>); 6] = [
        ("without credit",          0,   &[32],         Some(Misbehaviour::Credit)),
        ("within the credit",       100, &[32, 32, 32], None),
        ("the last overshoots",     100, &[99, 5_000],  None),
        ("one after the overshoot", 100, &[100, 32],    Some(Misbehaviour::Credit)),
        ("cheaper than the least",  100, &[31],         Some(Misbehaviour::Malformed)),
        ("the least",               100, &[32],         None),
    ];
    for (what, window, costs, expected) in table {
        let (mut pair, seq) = held();
        pair.forge(A, seq, 1, &words(&[name, event]), &["t", "null", "paths"]);
        if window > 0 {
            pair.link(A).grant(0, window);
        }
        let items: Vec<_> = costs.iter().map(|&cost| frame(Kind::Item, 0, cost)).collect();
        pair.forge(A, seq + 1, 1, &words(&items), &[]);
        assert_eq!(closed_for(&pair), expected, "{what}");
    }
}

#[test]
fn a_stream_or_function_under_an_id_in_use_ends_the_channel() {
    let name = Frame::new(Kind::Name, 0, 0, 1);
    for (kind, id, other, expected) in [
        (Live::Iterable, 0, 0, Some(Misbehaviour::ReusedId)),
        (Live::Iterable, 0, 1 << 20, Some(Misbehaviour::ReusedId)),
        (Live::Iterable, 0, 1, None),
        (Live::Function, 0, 0, None),
        (Live::Function, 0, 1 << 20, Some(Misbehaviour::ReusedId)),
    ] {
        let (one, two) = ([kind.number(), id], [kind.number(), other]);
        let event = Frame::new(Kind::Event, 0, 0, 1);
        let frames = [name, event.with_lives(0, &one), event.with_lives(0, &two)];
        let pair = send(&frames, &["t", "null", "paths", "null", "paths"]);
        assert_eq!(closed_for(&pair), expected, "{kind:?} {id} {other}");
    }
}

#[test]
fn a_call_of_a_function_that_was_never_lent_finds_no_method() {
    let (mut pair, seq) = held();
    pair.forge(A, seq, 1, &words(&[frame(Kind::Call, 0, 3).with_lives(EXPORT, &[])]), &[]);
    assert_eq!(pair.seen(A), []);
    let answer = pair.intercept(A);
    assert_eq!(answer.words, words(&[frame(Kind::Fail, 0, FailCode::MethodNotFound.number())]));
}

#[test]
fn a_call_in_a_slot_above_the_limit_is_answered_busy() {
    let name = Frame::new(Kind::Name, 0, 0, 1);
    for (slot, taken) in [(9_999, true), (10_000, false), (0xf_ffff, false)] {
        let pair = send(&[name, frame(Kind::Call, slot, 0)], &["f"]);
        assert_eq!(pair.invoked(A).len(), usize::from(taken), "{slot}");
        assert_eq!(pair.closed(A), None);
    }
}

#[test]
fn a_goodbye_or_close_is_the_last_frame_that_counts() {
    for last in [frame(Kind::Goodbye, 0, 0), frame(Kind::Close, 0, 0)] {
        let name = Frame::new(Kind::Name, 0, 0, 1);
        let pair = send(&[last, name, frame(Kind::Call, 0, 0)], &["f"]);
        assert_eq!(pair.invoked(A), [""; 0]);
        assert_ne!(pair.link_state(A), State::Open);
    }
}

#[test]
fn a_close_that_names_misbehaviour_fails_calls_with_it() {
    for (code, fail) in [(0, FailCode::PeerGone), (1, FailCode::Protocol), (2, FailCode::Protocol)] {
        let (mut pair, seq) = held();
        let id = pair.call(A, "f", &[]);
        pair.flush(A);
        pair.forge(A, seq, 2, &words(&[Frame::new(Kind::Close, code, 0, 1)]), &["why"]);
        let (failed, result) = pair.settled(A)[0].clone();
        assert_eq!((failed, result.unwrap_err().0), (id, fail));
        assert!(matches!(pair.seen(A).last(), Some(Seen::Closed { reason, .. }) if *reason == ["why"]));
    }
}

#[test]
fn a_violation_that_the_driver_finds_is_told_to_the_peer() {
    let mut pair = Pair::open();
    pair.link(A).violation(Misbehaviour::Depth);
    pair.drain(A);
    pair.settle();
    assert_eq!(pair.closed(A), Some((CloseCode::Protocol, Misbehaviour::Depth.number())));
    assert_eq!(pair.closed(B), Some((CloseCode::Protocol, 0)));
}

#[test]
fn messages_on_ports_that_are_not_in_use_are_dropped() {
    let mut pair = Pair::open();
    let message = Message { seq: 1, ack: 0, words: vec![], values: vec![] };
    for port in [0, 77, u32::MAX] {
        pair.receive(A, port, &message);
        let now = pair.now;
        pair.link(A).lost(now, port);
    }
    pair.drain(A);
    assert_eq!(pair.denials(A), [Denial::ClosedPort; 3]);
    assert_eq!(pair.link(A).state(), State::Open);
}

#[test]
fn a_peer_cannot_make_a_link_grow_beyond_its_tables() {
    let name = Frame::new(Kind::Name, 0, 0, 1);
    // A function in the last slot, thousands of times.
    let last = [Live::Function.number(), MAX_EXPORTS - 1].repeat(4096);
    let event = Frame::new(Kind::Event, 0, 0, 1).with_lives(0, &last);
    let (mut pair, mut seq) = held();
    pair.forge(A, seq, 1, &words(&[name, event]), &["t", "null", "paths"]);
    for _ in 0..20 {
        seq += 1;
        pair.forge(A, seq, 1, &words(&[event]), &["null", "paths"]);
    }
    assert_eq!(closed_for(&pair), None);
    pair.link(A).release_import(MAX_EXPORTS - 1);
    pair.flush(A);
    let release = pair.intercept(A);
    assert_eq!(release.words, words(&[frame(Kind::Release, MAX_EXPORTS - 1, 4096 * 21)]));
}

#[test]
fn a_peer_that_falls_asleep_after_each_question_makes_nothing_grow() {
    let (mut pair, seq) = held();
    for n in 0..10 {
        let frames = [frame(Kind::Ping, n, 0), frame(Kind::Suspend, 0, 0)];
        pair.forge(A, seq + n, 1, &words(&frames), &[]);
        assert!(!pair.link(A).is_dirty());
        assert_eq!(pair.intercept(A).words, words(&[frame(Kind::Pong, n, 0)]));
    }
    // What the application says waits.
    pair.emit(A, "topic", "x");
    pair.flush(A);
    assert!(pair.link(A).is_dirty());
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_words_make_a_link_panic(
        messages in prop::collection::vec((prop::collection::vec(word(), 0..40), 0_usize..6, 0_u32..3, 0_u32..3), 1..20)
    ) {
        let (mut pair, mut seq) = held();
        for _ in 0..3 {
            pair.call(A, "f", &["x"]);
            pair.link(A).export().unwrap();
        }
        pair.flush(A);
        for (words, values, ahead, ack) in messages {
            if pair.link(A).state() != State::Open {
                break;
            }
            let known = Frame::new(Kind::Name, 0, 0, 1);
            let mut all = Vec::new();
            known.encode(&mut all);
            all.extend(words);
            // Mostly in order, so that the frames are looked at.
            let number = if ahead == 2 { seq + 1 } else { seq };
            let values: Vec<&str> = ["f", "paths", "paths", "paths", "paths", "paths"][..=values.min(5)].to_vec();
            pair.forge(A, number, ack, &all, &values);
            seq += 1;
        }
        pair.run_for(100_000);
        prop_assert!(pair.settled(A).len() <= 3);
    }

    #[test]
    fn no_greeting_makes_a_link_panic(
        greetings in prop::collection::vec((0_u32..8, 0_usize..4, 0_usize..4, any::<bool>(), 0_usize..3), 1..30)
    ) {
        let nonces = ["", "00000000000000000000000000000001", "ffffffffffffffffffffffffffffffff", "x"];
        let mut pair = Pair::new();
        pair.sides[B].away = true;
        pair.greet(A);
        for (kind, mine, yours, port, origin) in greetings {
            let own = pair.posted.last().map(|mail| mail.mine.clone()).unwrap_or_default();
            if port {
                pair.channels.push(crate::pair::Channel::default());
            }
            let mail = crate::pair::Mail {
                to: A,
                origin: ["https://b.example", "null", "https://evil.example"][origin].into(),
                target: None,
                version: 1,
                name: "main".into(),
                kind,
                mine: nonces[mine].into(),
                yours: if yours == 3 { own } else { nonces[yours].into() },
                shared: String::new(),
                channel: port.then(|| pair.channels.len() - 1),
            };
            pair.arrive(&mail);
        }
        // Whoever sent these never opened a port.
        prop_assert_ne!(pair.link(A).state(), State::Open);
        prop_assert!(pair.sides[A].ports.len() <= 1);
        pair.run_for(20_000);
        prop_assert_eq!(pair.link(A).state(), State::Closed);
        prop_assert_eq!(pair.sides[A].ports.len(), 0);
    }

    #[test]
    fn every_call_ends_exactly_once_whatever_happens(steps in prop::collection::vec(step(), 1..80)) {
        let mut pair = Pair::open();
        pair.sides[B].echoes = false;
        let mut made: [Vec<u32>; 2] = [vec![], vec![]];
        let mut given_up = [0_usize; 2];
        let mut ended: [Vec<u32>; 2] = [vec![], vec![]];
        for step in steps {
            run(&mut pair, &step, &mut made, &mut given_up);
            for side in [A, B] {
                let blamed = pair.closed(side).is_some_and(|(code, _)| code.code() == "channel/protocol");
                prop_assert!(!blamed, "side {} blames an honest peer: {:?}", side, pair.seen(side));
            }
            note(&mut pair, &mut made, &mut ended);
        }
        for side in [A, B] {
            pair.link(side).close(0, []).ok();
            pair.drain(side);
        }
        pair.settle();
        note(&mut pair, &mut made, &mut ended);
        for side in [A, B] {
            prop_assert_eq!(&made[side], &[0_u32; 0], "calls without an end on side {}", side);
            prop_assert_eq!(pair.sides[side].ports.len(), 0);
        }
    }
}

/// Fewer than usual, since each is long; `PROPTEST_CASES` asks for more.
fn cases() -> ProptestConfig {
    match std::env::var("PROPTEST_CASES") {
        Ok(_) => ProptestConfig::default(),
        Err(_) => ProptestConfig::with_cases(128),
    }
}

fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        1 => any::<u32>(),
        3 => 0_u32..24,
        4 => (1_u32..23, 0_u32..8, 0_u32..3).prop_map(|(kind, flags, count)| kind | flags << 8 | count << 16),
        1 => Just(1 << 20),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Call { side: usize, idempotent: bool, timeout: Option<u32> },
    CancelOldest { side: usize },
    AnswerOldest { side: usize, fails: bool },
    Emit { side: usize },
    Wait(u32),
    Reload { side: usize, politely: bool },
    Sleep { side: usize },
    Wake { side: usize },
    LoseNext { side: usize },
    Freeze { side: usize, frozen: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let side = || 0_usize..2;
    prop_oneof![
        6 => (side(), any::<bool>(), prop::option::of(0_u32..500))
            .prop_map(|(side, idempotent, timeout)| Step::Call { side, idempotent, timeout }),
        2 => side().prop_map(|side| Step::CancelOldest { side }),
        4 => (side(), any::<bool>()).prop_map(|(side, fails)| Step::AnswerOldest { side, fails }),
        1 => side().prop_map(|side| Step::Emit { side }),
        6 => prop_oneof![0_u32..3, 0_u32..600, 0_u32..8_000].prop_map(Step::Wait),
        1 => (side(), any::<bool>()).prop_map(|(side, politely)| Step::Reload { side, politely }),
        1 => side().prop_map(|side| Step::Sleep { side }),
        1 => side().prop_map(|side| Step::Wake { side }),
        1 => side().prop_map(|side| Step::LoseNext { side }),
        1 => (side(), any::<bool>()).prop_map(|(side, frozen)| Step::Freeze { side, frozen }),
    ]
}

/// Carries out one step. `made` holds the calls that have no end yet.
fn run(pair: &mut Pair, step: &Step, made: &mut [Vec<u32>; 2], given_up: &mut [usize; 2]) {
    match *step {
        Step::Call { side, idempotent, timeout } => {
            if pair.link_state(side) == State::Closed {
                return;
            }
            let adapt = |call: &mut Call| {
                call.idempotent = idempotent;
                call.timeout = timeout.map(|ms| Millis::new(ms.into()));
            };
            match pair.try_call(side, "f", &["x"], adapt) {
                Ok(id) => made[side].push(id),
                Err(NotSent::Busy) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        Step::CancelOldest { side } => {
            if !made[side].is_empty() {
                let id = made[side].remove(0);
                given_up[side] += 1;
                pair.link(side).cancel(id, 0, []).ok();
                pair.drain(side);
            }
        }
        Step::AnswerOldest { side, fails } => {
            if let Some(id) = pair.sides[side].running.pop_front() {
                if fails {
                    pair.link(side).fail(id, FailCode::Threw, 0, 0, []).ok();
                } else {
                    pair.link(side).reply(id, 1, 0, ["y".to_owned()]).ok();
                }
            }
        }
        Step::Emit { side } => {
            if pair.link_state(side) != State::Closed {
                pair.emit(side, "topic", "z");
            }
        }
        Step::Wait(millis) => {
            for side in [A, B] {
                pair.flush(side);
            }
            pair.run_for(millis);
        }
        Step::Reload { side, politely } => {
            // The calls of a page that is gone end with it.
            made[side].clear();
            if politely {
                pair.reload_politely(side);
            } else {
                pair.reload(side);
            }
            pair.greet(side);
        }
        Step::Sleep { side } => {
            pair.link(side).suspend();
            pair.drain(side);
        }
        Step::Wake { side } => {
            let now = pair.now;
            pair.link(side).resume(now);
            pair.drain(side);
        }
        Step::LoseNext { side } => {
            pair.flush(side);
            // A driver keeps names out of messages that may be unreadable.
            if pair.next_tells_names(side) {
                return;
            }
            if let Some(port) = pair.sides[1 - side].open_port
                && pair.intercept_next(side).is_some()
            {
                let now = pair.now;
                pair.link(1 - side).lost(now, port);
                pair.drain(1 - side);
            }
        }
        Step::Freeze { side, frozen } => pair.sides[side].frozen = frozen,
    }
}

fn note(pair: &mut Pair, made: &mut [Vec<u32>; 2], ended: &mut [Vec<u32>; 2]) {
    for side in [A, B] {
        for (id, _) in pair.settled(side) {
            let at = made[side].iter().position(|made| *made == id);
            let at = at.unwrap_or_else(|| panic!("call {id:x} of side {side} ended twice or was given up"));
            made[side].remove(at);
            ended[side].push(id);
        }
    }
    pair.forget_seen();
}
