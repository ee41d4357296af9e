use portcullis::channel::error::{CloseCode, Denial, Executed, FailCode, NotSent};
use portcullis::channel::limits::{TAKES_ALL, TAKES_FUNCTIONS, TAKES_SIGNALS, TAKES_STREAMS};
use portcullis::channel::ops::{Live, State};
use portcullis::channel::{Call, Config, Link, Millis, Output, Outputs};

use crate::pair::{A, B, Pair, Seen};

const GONE_NO: (FailCode, Executed) = (FailCode::PeerGone, Executed::No);
const GONE_UNKNOWN: (FailCode, Executed) = (FailCode::PeerGone, Executed::Unknown);

/// An open pair whose side B leaves answers to the test.
fn quiet() -> Pair {
    let mut pair = Pair::open();
    pair.sides[B].echoes = false;
    pair
}

fn invoke_ids(pair: &Pair, side: usize) -> Vec<u32> {
    let id = |seen: &Seen| match seen {
        Seen::Invoke { id, .. } | Seen::InvokeExport { id, .. } => Some(*id),
        _ => None,
    };
    pair.seen(side).iter().filter_map(id).collect()
}

#[test]
fn calls_of_one_turn_cross_in_one_message_and_in_order() {
    let mut pair = Pair::open();
    let before = pair.sides[A].messages_sent;
    let ids: Vec<u32> = (0..100).map(|n| pair.call(A, "f", &[&n.to_string()])).collect();
    pair.flush(A);
    assert_eq!(pair.sides[A].messages_sent, before + 1);
    pair.settle();
    let expected: Vec<_> = ids.iter().enumerate().map(|(n, id)| (*id, Ok(vec![format!("f({n})")]))).collect();
    assert_eq!(pair.settled(A), expected);
}

#[test]
fn a_name_crosses_once() {
    let mut pair = Pair::open();
    for _ in 0..3 {
        pair.call(A, "add", &[]);
        pair.settle();
    }
    assert_eq!(pair.invoked(B), ["add", "add", "add"]);
}

#[test]
fn names_beyond_the_ring_take_the_place_of_the_oldest_and_no_call_is_misled() {
    let mut pair = Pair::open();
    for n in 0..3_000 {
        let (id, now) = (n % 1024, pair.now);
        let name = format!("m{n}");
        let given = pair.link(A).intern(now).unwrap();
        assert_eq!(given, id);
        pair.link(A).queue(name);
        let call = Call { target: id, ..Call::default() };
        pair.link(A).call(now, &call, []).unwrap();
    }
    pair.settle();
    let expected: Vec<String> = (0..3_000).map(|n| format!("m{n}")).collect();
    assert_eq!(pair.invoked(B), expected);
}

#[test]
fn events_and_notifications_start_in_the_order_in_which_they_were_made() {
    let mut pair = Pair::open();
    pair.notify(A, "n", "1");
    pair.emit(A, "topic", "2");
    pair.call(A, "c", &["3"]);
    pair.settle();
    assert_eq!(
        pair.seen(B),
        [
            Seen::Notified { method: "n".into(), args: vec!["1".into()] },
            Seen::Event { topic: "topic".into(), retain: false, payload: vec!["2".into()] },
            Seen::Invoke { id: 0, method: "c".into(), args: vec!["3".into()], lives: vec![] },
        ]
    );
}

#[test]
fn a_failure_carries_its_code_and_record() {
    let mut pair = quiet();
    let id = pair.call(A, "f", &[]);
    pair.settle();
    let invoked = invoke_ids(&pair, B)[0];
    pair.link(B).fail(invoked, FailCode::Denied, 0, 0, []).unwrap();
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Err((FailCode::Denied, Executed::NotAsked)))]);
    // An answer is given once.
    assert_eq!(pair.link(B).reply(invoked, 0, 0, []), Err(NotSent::Gone));
}

#[test]
fn a_call_times_out_and_its_late_reply_is_dropped() {
    let mut pair = quiet();
    let made = pair.now;
    let id = pair.try_call(A, "slow", &[], |call| call.timeout = Some(Millis::new(100.0))).unwrap();
    pair.settle();
    pair.run_until(made.plus(Millis::new(99.0)));
    assert_eq!(pair.settled(A), []);
    let invoked = invoke_ids(&pair, B)[0];
    pair.forget_seen();
    pair.latency = 200;
    pair.run_for(1);
    pair.link(B).reply(invoked, 1, 0, ["late".to_owned()]).unwrap();
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Err((FailCode::TimedOut, Executed::NotAsked)))]);
    assert_eq!(pair.closed(A), None);
    // The slot is free again.
    pair.sides[B].echoes = true;
    pair.forget_seen();
    let next = pair.call(A, "f", &[]);
    assert_eq!(next & 0xfffff, id & 0xfffff);
    pair.settle();
    assert_eq!(pair.settled(A), [(next, Ok(vec!["f()".into()]))]);
}

#[test]
fn a_clock_may_start_at_zero() {
    let start = Millis::new(0.0);
    let mut link = Link::<&str>::new(start, Config::default());
    let target = link.intern(start).unwrap();
    link.queue("f");
    let id = link.call(start, &Call { target, timeout: Some(start), ..Call::default() }, []).unwrap();
    let mut words = Vec::new();
    link.poll(start, &mut words);
    assert_eq!(Outputs::of(&words).collect::<Vec<_>>(), [Output::Wake(Some(start))], "due at once");
    link.wake(start);
    link.poll(start, &mut words);
    let settled = |output: &Output<'_>| matches!(output, Output::Settle { id: ended, .. } if *ended == id);
    assert!(Outputs::of(&words).any(|output| settled(&output)), "and ended by that");
}

#[test]
fn the_handler_of_a_call_that_timed_out_is_told() {
    let mut pair = quiet();
    pair.try_call(A, "slow", &[], |call| call.timeout = Some(Millis::new(100.0))).unwrap();
    pair.settle();
    pair.run_for(200);
    let invoked = invoke_ids(&pair, B)[0];
    assert!(pair.seen(B).contains(&Seen::Cancelled { id: invoked, reason: vec![] }));
    assert_eq!(pair.link(B).reply(invoked, 0, 0, []), Err(NotSent::Gone));
}

#[test]
fn a_call_without_limit_waits_for_ever() {
    let mut pair = quiet();
    pair.try_call(A, "slow", &[], |call| call.timeout = Some(Millis::NEVER)).unwrap();
    pair.run_for(10_000_000);
    assert_eq!(pair.settled(A), []);
    assert_eq!(pair.closed(A), None);
}

#[test]
fn a_cancelled_call_is_never_settled_and_its_slot_waits_for_the_answer() {
    let mut pair = quiet();
    let id = pair.call(A, "slow", &[]);
    pair.settle();
    pair.link(A).cancel(id, 1, ["why".to_owned()]).unwrap();
    assert_eq!(pair.link(A).cancel(id, 0, []), Err(NotSent::Gone));
    let next = pair.call(A, "other", &[]);
    assert_ne!(next & 0xfffff, id & 0xfffff, "the slot is not free yet");
    pair.settle();
    let invoked = invoke_ids(&pair, B)[0];
    assert!(pair.seen(B).contains(&Seen::Cancelled { id: invoked, reason: vec!["why".into()] }));
    assert_eq!(pair.settled(A), []);
    let third = pair.call(A, "third", &[]);
    assert_eq!(third & 0xfffff, id & 0xfffff, "the answer has freed it");
}

#[test]
fn a_cancel_that_crosses_the_reply_changes_nothing() {
    let mut pair = Pair::open();
    let id = pair.call(A, "f", &[]);
    pair.flush(A);
    pair.run_for(1);
    pair.link(A).cancel(id, 0, []).unwrap();
    pair.settle();
    assert_eq!(pair.settled(A), []);
    assert!(!pair.seen(B).iter().any(|seen| matches!(seen, Seen::Cancelled { .. })));
    assert_eq!(pair.closed(A), None);
}

#[test]
fn calls_without_answer_are_held_up_to_the_limit_on_either_side() {
    let mut pair = Pair::open_with(|side, config| {
        config.limits.pending_calls = if side == A { 5 } else { 3 };
    });
    pair.sides[B].echoes = false;
    let ids: Vec<u32> = (0..5).map(|_| pair.call(A, "f", &[])).collect();
    assert_eq!(pair.try_call(A, "f", &[], |_| {}), Err(NotSent::Busy));
    pair.settle();
    assert_eq!(pair.invoked(B).len(), 3);
    let busy = Err((FailCode::Busy, Executed::NotAsked));
    assert_eq!(pair.settled(A), [(ids[3], busy.clone()), (ids[4], busy)]);
}

#[test]
fn handlers_that_ignore_their_abort_count_against_the_limit() {
    let mut pair = Pair::open_with(|_, config| config.limits.pending_calls = 2);
    pair.sides[B].echoes = false;
    for _ in 0..2 {
        let id = pair.call(A, "f", &[]);
        pair.settle();
        pair.link(A).cancel(id, 0, []).unwrap();
        pair.settle();
    }
    let id = pair.call(A, "f", &[]);
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Err((FailCode::Busy, Executed::NotAsked)))]);
    let running = invoke_ids(&pair, B)[0];
    assert_eq!(pair.link(B).reply(running, 0, 0, []), Err(NotSent::Gone));
    pair.forget_seen();
    pair.call(A, "f", &[]);
    pair.settle();
    assert_eq!(pair.invoked(B), ["f"]);
}

#[test]
fn bytes_wait_up_to_the_limit() {
    let mut pair = Pair::open_with(|_, config| config.limits.queued_bytes = 1000);
    let bytes = |n: u32| move |call: &mut Call| call.bytes = n;
    // 468 and 32 of the frame, twice: 1000.
    pair.try_call(A, "f", &[], bytes(468)).unwrap();
    assert_eq!(pair.try_call(A, "f", &[], bytes(469)), Err(NotSent::Busy));
    pair.try_call(A, "f", &[], bytes(468)).unwrap();
    assert_eq!(pair.try_call(A, "f", &[], bytes(0)), Err(NotSent::Busy));
    pair.settle();
    pair.try_call(A, "f", &[], bytes(100)).unwrap();
}

#[test]
fn one_value_larger_than_the_limit_crosses_alone() {
    let mut pair = Pair::open_with(|_, config| config.limits.queued_bytes = 1000);
    let id = pair.try_call(A, "f", &[], |call| call.bytes = 5_000).unwrap();
    assert_eq!(pair.try_call(A, "f", &[], |_| {}), Err(NotSent::Busy));
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Ok(vec!["f()".into()]))]);
}

#[test]
fn what_the_peer_has_taken_is_known_by_asking() {
    let mut pair = Pair::open();
    assert_eq!(pair.link(A).buffered(), 0);
    for n in 0..3 {
        pair.emit(A, "topic", &n.to_string());
    }
    assert_eq!(pair.link(A).buffered(), 3);
    pair.settle();
    assert_eq!(pair.link(A).buffered(), 3, "nobody has answered");
    pair.link(A).probe();
    pair.link(A).probe();
    pair.settle();
    assert_eq!(pair.link(A).buffered(), 0);
}

#[test]
fn a_question_is_answered_at_once_and_what_else_waits_leaves_when_the_driver_says_so() {
    let mut pair = quiet();
    pair.intern(A, "f");
    pair.intern(B, "topic");
    pair.settle();
    // What leaves while B takes A's next message, before anybody flushes.
    let left_meanwhile = |pair: &mut Pair| {
        let (message, port, now) = (pair.intercept(A), pair.sides[B].open_port.unwrap(), pair.now);
        let before = pair.sides[B].messages_sent;
        pair.link(B).receive(now, port, message.seq, message.ack, &message.words, 0);
        pair.drain(B);
        pair.sides[B].messages_sent - before
    };
    pair.emit(B, "topic", "waits");
    pair.call(A, "f", &[]);
    pair.flush(A);
    assert_eq!(left_meanwhile(&mut pair), 0);
    let now = pair.now;
    pair.link(A).ping_now(now);
    pair.drain(A);
    assert_eq!(left_meanwhile(&mut pair), 1);
}

#[test]
fn many_bytes_ask_by_themselves() {
    let mut pair = Pair::open_with(|_, config| config.limits.queued_bytes = 4000);
    let topic = pair.intern(A, "topic");
    for _ in 0..50 {
        pair.link(A).emit(topic, 0, false, 1000, []).unwrap();
        pair.settle();
    }
}

#[test]
fn frames_split_into_messages_by_number_and_by_size() {
    let mut pair = Pair::open();
    let before = pair.sides[A].messages_sent;
    let topic = pair.intern(A, "t");
    for _ in 0..999 {
        pair.link(A).emit(topic, 0, false, 0, []).unwrap();
    }
    pair.flush(A);
    assert_eq!(pair.sides[A].messages_sent, before + 1, "a name and 999 events");
    for _ in 0..1001 {
        pair.link(A).emit(topic, 0, false, 0, []).unwrap();
    }
    pair.flush(A);
    assert_eq!(pair.sides[A].messages_sent, before + 3);
    for _ in 0..4 {
        pair.link(A).emit(topic, 0, false, (128 << 10) - 32, []).unwrap();
    }
    pair.flush(A);
    assert_eq!(pair.sides[A].messages_sent, before + 5);
    pair.settle();
    assert_eq!(pair.seen(B).len(), 2004);
}

#[test]
fn a_frame_between_two_cuts_is_alone_in_its_message() {
    let mut pair = Pair::open();
    let topic = pair.intern(A, "t");
    let before = pair.sides[A].messages_sent;
    for cut in [false, true, true, false] {
        if cut {
            pair.link(A).cut();
        }
        pair.link(A).emit(topic, 0, false, 0, []).unwrap();
    }
    pair.flush(A);
    assert_eq!(pair.sides[A].messages_sent, before + 3);
}

#[test]
fn a_silent_peer_is_gone_after_three_questions() {
    let mut pair = quiet();
    let id = pair.call(A, "f", &[]);
    pair.settle();
    pair.sides[B].away = true;
    let before = pair.sides[A].messages_sent;
    pair.run_for(19_900);
    assert_eq!(pair.settled(A), []);
    assert_eq!(pair.sides[A].messages_sent, before + 3);
    pair.run_for(5_200);
    assert_eq!(pair.settled(A), [(id, Err(GONE_UNKNOWN))]);
    assert_eq!(pair.states(A), [State::Reconnecting]);
}

#[test]
fn beats_that_a_throttled_page_makes_late_count_against_nobody() {
    let mut pair = quiet();
    pair.try_call(A, "f", &[], |call| call.timeout = Some(Millis::NEVER)).unwrap();
    pair.settle();
    pair.sides[B].away = true;
    // A background tab: its timers fire once a minute, whatever they were set to.
    for _ in 0..10 {
        pair.sides[A].frozen = true;
        pair.run_for(60_000);
        pair.sides[A].frozen = false;
        pair.run_for(100);
        assert_eq!(pair.states(A), []);
    }
    // In front again it finds out in the usual time: four beats.
    pair.run_for(4 * 5_000 - 200);
    assert_eq!(pair.states(A), []);
    pair.run_for(200);
    assert_eq!(pair.states(A), [State::Reconnecting]);
}

#[test]
fn a_peer_that_answers_is_asked_for_ever_while_something_is_owed() {
    let mut pair = quiet();
    pair.try_call(A, "f", &[], |call| call.timeout = Some(Millis::NEVER)).unwrap();
    pair.settle();
    pair.run_for(600_000);
    assert_eq!(pair.states(A), []);
    assert!(pair.sides[A].messages_sent > 50);
}

#[test]
fn an_idle_channel_is_silent() {
    let mut pair = Pair::open();
    pair.call(A, "f", &[]);
    pair.emit(B, "topic", "x");
    pair.settle();
    pair.run_for(60_000);
    let sent = [A, B].map(|side| pair.sides[side].messages_sent);
    pair.run_for(600_000);
    assert_eq!([A, B].map(|side| pair.sides[side].messages_sent), sent);
}

#[test]
fn without_a_heartbeat_nobody_is_asked() {
    let mut pair = Pair::open_with(|_, config| config.limits.heartbeat = Millis::NEVER);
    pair.sides[B].echoes = false;
    pair.try_call(A, "f", &[], |call| call.timeout = Some(Millis::NEVER)).unwrap();
    pair.settle();
    pair.sides[B].away = true;
    pair.run_for(10_000_000);
    assert_eq!(pair.states(A), []);
}

#[test]
fn closing_sends_what_was_queued_and_the_reason_and_settles_everything() {
    let mut pair = quiet();
    let own = pair.call(A, "a", &[]);
    let theirs = pair.call(B, "b", &[]);
    pair.sides[A].echoes = false;
    pair.settle();
    pair.forget_seen();
    pair.emit(A, "topic", "last");
    pair.link(A).close(1, ["bye".to_owned()]).unwrap();
    pair.drain(A);
    pair.settle();
    assert_eq!(pair.settled(A), [(own, Err((FailCode::ChannelClosed, Executed::NotAsked)))]);
    assert_eq!(pair.settled(B), [(theirs, Err(GONE_UNKNOWN))]);
    assert_eq!(
        pair.seen(B).first(),
        Some(&Seen::Event { topic: "topic".into(), retain: false, payload: vec!["last".into()] })
    );
    let closed = |reason| Seen::Closed { code: CloseCode::Closed, detail: 0, reason };
    assert_eq!(pair.seen(A).last(), Some(&closed(vec![])));
    assert_eq!(pair.seen(B).last(), Some(&closed(vec!["bye".into()])));
    for side in [A, B] {
        assert_eq!(pair.sides[side].ports.len(), 0);
        let now = pair.now;
        assert_eq!(pair.link(side).call(now, &Call::default(), []), Err(NotSent::Closed));
        assert_eq!(pair.link(side).intern(now), Err(NotSent::Closed));
        assert_eq!(pair.link(side).close(0, []), Err(NotSent::Closed));
        let before = pair.posted.len();
        pair.greet(side);
        pair.run_for(100_000);
        assert_eq!(pair.posted.len(), before, "a closed link does nothing");
    }
}

#[test]
fn a_call_that_the_peer_never_took_was_not_executed() {
    let mut pair = quiet();
    let taken = pair.call(A, "f", &[]);
    pair.settle();
    // These two cross: the goodbye names what was taken before the second call.
    pair.latency = 10;
    let not_taken = pair.call(A, "f", &[]);
    pair.flush(A);
    pair.reload_politely(B);
    pair.settle();
    assert_eq!(pair.settled(A), [(taken, Err(GONE_UNKNOWN)), (not_taken, Err(GONE_NO))]);
}

#[test]
fn idempotent_calls_are_sent_again_oldest_first_and_others_are_not() {
    let mut pair = quiet();
    let twice = |call: &mut Call| call.idempotent = true;
    let mut kept: Vec<u32> =
        (0..3).map(|n| pair.try_call(A, "again", &[&n.to_string()], twice).unwrap()).collect();
    let lost = pair.call(A, "once", &[]);
    pair.settle();
    // A slot used twice does not change the order.
    pair.link(A).cancel(kept[0], 0, []).unwrap();
    pair.settle();
    kept.remove(0);
    kept.push(pair.try_call(A, "again", &["3"], twice).unwrap());
    pair.settle();

    pair.reload(B);
    pair.sides[B].echoes = true;
    pair.forget_seen();
    pair.greet(B);
    pair.settle();
    let mut expected = vec![(lost, Err(GONE_UNKNOWN))];
    expected.extend(kept.iter().zip(["1", "2", "3"]).map(|(id, n)| (*id, Ok(vec![format!("again({n})")]))));
    assert_eq!(pair.settled(A), expected);
}

#[test]
fn frames_made_while_the_peer_is_away_wait_for_it() {
    let mut pair = Pair::open();
    let known = pair.call(A, "known", &[]);
    pair.settle();
    pair.reload_politely(B);
    pair.settle();
    pair.forget_seen();
    let waiting = pair.call(A, "known", &["1"]);
    pair.emit(A, "new topic", "2");
    pair.notify(A, "known", "3");
    pair.flush(A);
    assert!(pair.link(A).is_dirty());
    pair.greet(B);
    pair.settle();
    assert_eq!(pair.settled(A), [(waiting, Ok(vec!["known(1)".into()]))]);
    assert_ne!(known, waiting);
    assert_eq!(pair.seen(B).len(), 5, "{:?}", pair.seen(B));
}

#[test]
fn a_call_given_up_while_it_waits_never_leaves() {
    for by_deadline in [false, true] {
        let mut pair = Pair::open();
        pair.reload_politely(B);
        pair.settle();
        pair.emit(A, "first", "1");
        let id = pair.try_call(A, "f", &["2", "3"], |call| call.timeout = Some(Millis::new(300.0))).unwrap();
        pair.emit(A, "last", "4");
        if by_deadline {
            pair.flush(A);
            pair.run_for(400);
            assert_eq!(pair.settled(A), [(id, Err((FailCode::TimedOut, Executed::NotAsked)))]);
        } else {
            assert_eq!(pair.link(A).cancel(id, 1, ["no".to_owned()]), Err(NotSent::Gone));
            pair.drain(A);
        }
        pair.forget_seen();
        pair.greet(B);
        pair.settle();
        let event = |topic: &str, value: &str| Seen::Event {
            topic: topic.into(),
            retain: false,
            payload: vec![value.into()],
        };
        let heard: Vec<_> =
            pair.seen(B).iter().filter(|seen| !matches!(seen, Seen::State(_) | Seen::Opened)).collect();
        assert_eq!(heard, [&event("first", "1"), &event("last", "4")]);
    }
}

#[test]
fn an_answer_to_a_peer_that_is_gone_goes_nowhere() {
    let mut pair = quiet();
    pair.call(A, "f", &[]);
    pair.settle();
    let old = invoke_ids(&pair, B)[0];
    pair.reload(A);
    pair.greet(A);
    pair.settle();
    assert!(pair.seen(B).contains(&Seen::Cancelled { id: old, reason: vec![] }));
    pair.forget_seen();
    let id = pair.call(A, "g", &[]);
    pair.settle();
    assert_eq!(pair.link(B).reply(old, 1, 0, ["stale".to_owned()]), Err(NotSent::Gone));
    let new = invoke_ids(&pair, B)[0];
    pair.link(B).reply(new, 1, 0, ["fresh".to_owned()]).unwrap();
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Ok(vec!["fresh".into()]))]);
}

#[test]
fn a_page_that_sleeps_is_awaited_and_goes_on_where_it_was() {
    let mut pair = quiet();
    let id = pair.try_call(A, "f", &[], |call| call.timeout = Some(Millis::NEVER)).unwrap();
    pair.settle();
    pair.link(B).suspend();
    pair.drain(B);
    pair.settle();
    assert_eq!(pair.states(A), [State::Reconnecting]);
    pair.sides[B].away = true;
    let before = pair.sides[A].messages_sent;
    pair.emit(A, "topic", "meanwhile");
    pair.flush(A);
    pair.run_for(3_600_000);
    assert_eq!(pair.sides[A].messages_sent, before, "nothing is sent into a sleeping page");
    assert_eq!(pair.closed(A), None);

    pair.sides[B].away = false;
    let now = pair.now;
    pair.link(B).resume(now);
    pair.drain(B);
    pair.settle();
    assert_eq!(pair.states(A), [State::Reconnecting, State::Open]);
    assert!(pair.seen(B).iter().any(|seen| matches!(seen, Seen::Event { .. })));
    let invoked = invoke_ids(&pair, B)[0];
    pair.link(B).reply(invoked, 0, 0, []).unwrap();
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Ok(vec![]))]);
}

#[test]
fn a_peer_whose_window_is_gone_closes_at_once() {
    let mut pair = quiet();
    let id = pair.call(A, "f", &[]);
    pair.settle();
    pair.link(A).peer_gone();
    pair.drain(A);
    assert_eq!(pair.settled(A), [(id, Err(GONE_UNKNOWN))]);
    assert_eq!(pair.closed(A), Some((CloseCode::PeerGone, 0)));
}

#[test]
fn a_message_that_cannot_be_read_fails_its_calls_alone() {
    let mut pair = quiet();
    let before = pair.call(A, "before", &[]);
    pair.settle();
    let bad = pair.call(A, "bad", &["x"]);
    pair.flush(A);
    let after = pair.call(A, "after", &[]);
    pair.flush(A);
    let message = pair.intercept(A);
    assert_eq!(message.values, ["bad", "x"]);
    let (now, port) = (pair.now, pair.sides[B].open_port.unwrap());
    pair.link(B).lost(now, port);
    pair.drain(B);
    pair.sides[B].echoes = true;
    // The name crossed in the lost message too: tell it anew, as a driver's complex message never does.
    let renamed = pair.intercept(A);
    assert_eq!(renamed.values, ["after"]);
    pair.receive(B, port, &renamed);
    pair.settle();
    assert_eq!(
        pair.settled(A),
        [(bad, Err((FailCode::NotCloneable, Executed::NotAsked))), (after, Ok(vec!["after()".into()])),]
    );
    assert_eq!(pair.invoked(B), ["before", "after"]);
    assert_ne!(before, bad);
    assert_eq!(pair.closed(A), None);
}

#[test]
fn a_reply_that_cannot_be_read_fails_its_call() {
    let mut pair = quiet();
    let id = pair.call(A, "f", &[]);
    pair.settle();
    let invoked = invoke_ids(&pair, B)[0];
    pair.link(B).reply(invoked, 1, 0, ["unreadable".to_owned()]).unwrap();
    pair.flush(B);
    pair.intercept(B);
    let (now, port) = (pair.now, pair.sides[A].open_port.unwrap());
    pair.link(A).lost(now, port);
    pair.drain(A);
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Err((FailCode::NotCloneable, Executed::NotAsked)))]);
}

#[test]
fn an_item_that_cannot_be_read_breaks_its_stream() {
    let mut pair = Pair::open();
    let stream = send_stream(&mut pair, A);
    pair.link(B).grant(stream, 1000);
    pair.settle();
    pair.forget_seen();
    pair.link(A).item(stream, 1, 0, ["unreadable".to_owned()]).unwrap();
    pair.flush(A);
    pair.intercept(A);
    let (now, port) = (pair.now, pair.sides[B].open_port.unwrap());
    pair.link(B).lost(now, port);
    pair.drain(B);
    pair.settle();
    assert_eq!(pair.seen(A), [Seen::StreamStopped { id: stream }]);
    assert_eq!(pair.seen(B), [Seen::StreamReset { id: stream, gone: false }]);
}

#[test]
fn a_message_that_could_not_be_posted_fails_its_calls() {
    let mut pair = Pair::open();
    let id = pair.call(A, "f", &[]);
    pair.flush(A);
    let message = pair.intercept(A);
    let port = pair.sides[A].open_port.unwrap();
    pair.link(A).unsent(port + 1, message.seq);
    pair.drain(A);
    assert_eq!(pair.settled(A), [], "it was another port's message");
    pair.link(A).unsent(port, message.seq);
    pair.drain(A);
    let port = pair.sides[B].open_port.unwrap();
    pair.receive(B, port, &crate::pair::Message { words: vec![], values: vec![], ..message });
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Err((FailCode::NotCloneable, Executed::NotAsked)))]);
    assert_eq!(pair.closed(B), None);
}

#[test]
fn a_message_that_arrives_twice_runs_no_handler_twice() {
    let mut pair = Pair::open();
    pair.call(A, "f", &[]);
    pair.flush(A);
    let message = pair.intercept(A);
    let port = pair.sides[B].open_port.unwrap();
    pair.receive(B, port, &message);
    pair.receive(B, port, &message);
    pair.settle();
    assert_eq!(pair.invoked(B), ["f"]);
    assert_eq!(pair.denials(B), [Denial::DuplicateMessage]);
}

// Live values.

fn send_function(pair: &mut Pair, from: usize) -> u32 {
    let export = pair.link(from).export().unwrap();
    send_live(pair, from, Live::Function, export);
    export
}

fn send_live(pair: &mut Pair, from: usize, kind: Live, id: u32) {
    let topic = pair.intern(from, "live");
    assert!(pair.link(from).live(kind.number(), id));
    pair.link(from).emit(topic, 1, false, 0, ["null".to_owned(), "paths".to_owned()]).unwrap();
    pair.settle();
}

/// Each kind of live value that a peer may leave out, and the bit by which it says that it takes it.
const TAKEN: [(Live, u32); 6] = [
    (Live::Function, TAKES_FUNCTIONS),
    (Live::Home, TAKES_FUNCTIONS),
    (Live::Signal, TAKES_SIGNALS),
    (Live::Aborted, TAKES_SIGNALS),
    (Live::Iterable, TAKES_STREAMS),
    (Live::Readable, TAKES_STREAMS),
];

#[test]
fn what_the_peer_does_not_take_is_not_sent_and_all_else_is() {
    for (kind, bit) in TAKEN {
        // Bits that nobody knows say nothing.
        for (takes, taken) in [(bit, true), (bit | !TAKES_ALL, true), (!bit, false), (!TAKES_ALL, false)] {
            let mut pair = Pair::open_with(|side, config| {
                if side == B {
                    config.takes = takes;
                }
            });
            assert_eq!(pair.link(A).live(kind.number(), 0), taken, "{kind:?} to a peer that says {takes:b}");
            assert!(pair.link(B).live(kind.number(), 0), "the other way");
            assert!(pair.link(A).live(Live::Error.number(), 0), "an error is a value");
        }
    }
}

/// While A waits, it lends `lent` in a call, a notification and an event, and calls with a plain value.
fn queue_live(pair: &mut Pair, lent: Live) -> (u32, [u32; 2]) {
    let id = if lent == Live::Function { pair.link(A).export() } else { pair.link(A).open_stream() }.unwrap();
    let (method, now) = (pair.intern(A, "f"), pair.now);
    let add = |pair: &mut Pair| assert!(pair.link(A).live(lent.number(), id));
    add(pair);
    let call = Call { target: method, argc: 1, ..Call::default() };
    let live = pair.link(A).call(now, &call, ["null".to_owned(), "paths".to_owned()]).unwrap();
    if lent == Live::Function {
        add(pair);
        pair.link(A).notify(method, false, 1, 0, ["null".to_owned(), "paths".to_owned()]).unwrap();
        add(pair);
        pair.link(A).emit(method, 1, false, 0, ["null".to_owned(), "paths".to_owned()]).unwrap();
    }
    (id, [live, pair.call(A, "plain", &["x"])])
}

fn check_queued(pair: &Pair, lent: Live, id: u32, [live, plain]: [u32; 2], taken: bool) {
    let is_function = lent == Live::Function;
    let failed = Err((FailCode::NotCloneable, Executed::No));
    let result = if taken { Ok(vec!["f(null)".to_owned()]) } else { failed };
    let mut settled = pair.settled(A);
    settled.sort_by_key(|(id, _)| *id);
    assert_eq!(settled, [(live, result), (plain, Ok(vec!["plain(x)".to_owned()]))]);
    assert_eq!(pair.invoked(B), if taken { vec!["f", "plain"] } else { vec!["plain"] });
    let seen = |wanted: fn(&Seen) -> bool| pair.seen(B).iter().filter(|seen| wanted(seen)).count();
    let told = usize::from(taken && is_function);
    assert_eq!(seen(|seen| matches!(seen, Seen::Notified { .. })), told);
    assert_eq!(seen(|seen| matches!(seen, Seen::Event { .. })), told);
    let refused = Seen::Refused(Denial::NotTaken, lent.number());
    let refusals = pair.seen(A).iter().filter(|seen| **seen == refused).count();
    assert_eq!(refusals, if taken || !is_function { 0 } else { 2 });
    let over = if is_function { Seen::ExportDropped(id) } else { Seen::StreamStopped { id } };
    assert_eq!(pair.seen(A).contains(&over), !taken, "what did not cross is given back");
    assert_eq!(pair.link_state(A), State::Open);
    assert_eq!(pair.link_state(B), State::Open);
}

#[test]
fn what_waited_for_a_peer_that_does_not_take_it_fails_alone() {
    for (lent, bit) in [(Live::Function, TAKES_FUNCTIONS), (Live::Iterable, TAKES_STREAMS)] {
        for taken in [true, false] {
            let mut pair = Pair::with(|side, config| {
                if side == B && !taken {
                    config.takes = TAKES_ALL & !bit;
                }
            });
            let (id, calls) = queue_live(&mut pair, lent);
            pair.greet(A);
            pair.greet(B);
            pair.settle();
            check_queued(&pair, lent, id, calls, taken);
        }
    }
}

#[test]
fn a_signal_that_aborts_while_it_waits_aborts_at_the_peer_that_comes() {
    for met in [false, true] {
        let mut pair = if met { Pair::open() } else { Pair::new() };
        if met {
            pair.reload_politely(B);
            pair.run_for(1);
        }
        let (topic, signal) = (pair.intern(A, "live"), pair.link(A).export().unwrap());
        assert!(pair.link(A).live(Live::Signal.number(), signal));
        pair.link(A).emit(topic, 1, false, 0, ["null".to_owned(), "paths".to_owned()]).unwrap();
        pair.link(A).abort_export(signal, 1, ["why".to_owned()]).unwrap();
        pair.greet(A);
        pair.greet(B);
        pair.settle();
        let aborted = Seen::SignalAborted { id: signal, reason: vec!["why".to_owned()] };
        assert!(pair.seen(B).contains(&aborted), "{:?}", pair.seen(B));
    }
}

#[test]
fn what_waits_is_for_the_page_that_comes_back_and_takes_more_or_less() {
    for (before, after) in [(TAKES_ALL, TAKES_ALL), (TAKES_ALL, TAKES_STREAMS), (TAKES_STREAMS, TAKES_ALL)] {
        let taken = after == TAKES_ALL;
        let mut pair = Pair::open_with(|side, config| {
            if side == B {
                config.takes = before;
            }
        });
        pair.sides[B].config.takes = after;
        pair.reload_politely(B);
        pair.run_for(1);
        assert_eq!(pair.link_state(A), State::Reconnecting);
        pair.forget_seen();
        let (id, calls) = queue_live(&mut pair, Live::Function);
        pair.greet(B);
        pair.settle();
        check_queued(&pair, Live::Function, id, calls, taken);
        assert_eq!(pair.link(A).live(Live::Function.number(), 0), taken);
    }
}

#[test]
fn nothing_follows_a_goodbye() {
    let mut pair = Pair::open();
    let functions = [send_function(&mut pair, A), send_function(&mut pair, A)];
    let left_by = |pair: &mut Pair, function: u32| {
        let before = pair.sides[B].messages_sent;
        pair.link(B).release_import(function);
        pair.flush(B);
        pair.sides[B].messages_sent - before
    };
    assert_eq!(left_by(&mut pair, functions[0]), 1, "while the page stands, what was lent goes back");
    pair.link(B).leave();
    pair.drain(B);
    assert_eq!(left_by(&mut pair, functions[1]), 0);
}

#[test]
fn what_was_lent_in_a_message_that_cannot_be_read_is_not_lent() {
    let mut pair = quiet();
    let both = send_function(&mut pair, A);
    let lost = pair.link(A).export().unwrap();
    pair.forget_seen();
    for export in [both, lost, lost] {
        assert!(pair.link(A).live(Live::Function.number(), export));
    }
    pair.call(A, "bad", &["x", "paths"]);
    pair.flush(A);
    pair.intercept(A);
    let (now, port) = (pair.now, pair.sides[B].open_port.unwrap());
    pair.link(B).lost(now, port);
    pair.drain(B);
    pair.settle();
    assert!(pair.seen(A).contains(&Seen::ExportDropped(lost)));
    assert!(!pair.seen(A).contains(&Seen::ExportDropped(both)), "it had crossed before");
    pair.link(B).release_import(both);
    pair.flush(B);
    pair.settle();
    assert!(pair.seen(A).contains(&Seen::ExportDropped(both)));
    assert_eq!(pair.closed(A), None);
}

#[test]
fn a_function_that_crossed_is_called_and_dropped_when_it_is_released() {
    let mut pair = Pair::open();
    let export = send_function(&mut pair, A);
    send_live(&mut pair, A, Live::Function, export);
    let now = pair.now;
    let call = Call { target: export, is_export: true, argc: 1, ..Call::default() };
    let id = pair.link(B).call(now, &call, ["x".to_owned()]).unwrap();
    pair.settle();
    let invoked = invoke_ids(&pair, A)[0];
    assert_eq!(
        pair.seen(A).last(),
        Some(&Seen::InvokeExport { id: invoked, export, args: vec!["x".into()] })
    );
    pair.link(A).reply(invoked, 0, 0, []).unwrap();
    pair.settle();
    assert_eq!(pair.settled(B), [(id, Ok(vec![]))]);

    pair.link(B).release_import(export);
    pair.settle();
    assert_eq!(pair.seen(A).last(), Some(&Seen::ExportDropped(export)), "both crossings were counted");
    let again = pair.link(B).call(now, &call, []);
    assert_eq!(again, Err(NotSent::Gone));
}

#[test]
fn a_release_that_crosses_a_new_reference_keeps_the_function() {
    let mut pair = Pair::open();
    let export = send_function(&mut pair, A);
    pair.latency = 10;
    pair.link(B).release_import(export);
    pair.flush(B);
    send_live(&mut pair, A, Live::Function, export);
    assert!(!pair.seen(A).contains(&Seen::ExportDropped(export)));
    pair.link(B).release_import(export);
    pair.settle();
    assert!(pair.seen(A).contains(&Seen::ExportDropped(export)));
}

#[test]
fn live_values_of_a_body_that_is_not_sent_are_freed() {
    let mut pair = Pair::open_with(|_, config| config.limits.pending_calls = 1);
    pair.sides[B].echoes = false;
    pair.call(A, "f", &[]);
    for refused in [true, false] {
        let export = pair.link(A).export().unwrap();
        let stream = pair.link(A).open_stream().unwrap();
        assert!(pair.link(A).live(Live::Function.number(), export));
        assert!(pair.link(A).live(Live::Iterable.number(), stream));
        if refused {
            assert_eq!(pair.try_call(A, "f", &[], |_| {}), Err(NotSent::Busy));
        } else {
            pair.link(A).clear_lives();
        }
        pair.drain(A);
        assert_eq!(pair.seen(A), [Seen::ExportDropped(export), Seen::StreamStopped { id: stream }]);
        pair.forget_seen();
    }
}

#[test]
fn live_values_that_nobody_will_see_are_given_back() {
    let mut pair = quiet();
    let id = pair.call(A, "f", &[]);
    pair.settle();
    let invoked = invoke_ids(&pair, B)[0];
    pair.latency = 10;
    pair.link(A).cancel(id, 0, []).unwrap();
    pair.flush(A);
    let export = pair.link(B).export().unwrap();
    let stream = pair.link(B).open_stream().unwrap();
    assert!(pair.link(B).live(Live::Function.number(), export));
    assert!(pair.link(B).live(Live::Readable.number(), stream));
    pair.link(B).reply(invoked, 1, 0, ["null".to_owned(), "paths".to_owned()]).unwrap();
    pair.settle();
    assert!(pair.seen(B).contains(&Seen::ExportDropped(export)));
    assert!(pair.seen(B).contains(&Seen::StreamStopped { id: stream }));
}

#[test]
fn a_signal_that_aborts_is_heard_while_it_is_held() {
    let mut pair = Pair::open();
    let signal = pair.link(A).export().unwrap();
    assert_eq!(pair.link(A).abort_export(signal, 0, []), Err(NotSent::Gone), "it has not crossed");
    send_live(&mut pair, A, Live::Signal, signal);
    pair.link(A).abort_export(signal, 1, ["why".to_owned()]).unwrap();
    pair.settle();
    assert_eq!(pair.seen(B).last(), Some(&Seen::SignalAborted { id: signal, reason: vec!["why".into()] }));
    pair.link(B).release_import(signal);
    pair.settle();
    assert_eq!(pair.link(A).abort_export(signal, 0, []), Err(NotSent::Gone));
}

#[test]
fn what_was_lent_to_a_page_that_is_gone_is_dropped_and_what_waits_is_not() {
    let mut pair = Pair::open();
    let sent = send_function(&mut pair, A);
    let both = send_function(&mut pair, A);
    let borrowed = send_function(&mut pair, B);
    pair.reload_politely(B);
    // Queued in the turn in which the goodbye comes.
    let topic = pair.intern(A, "live");
    let queued = pair.link(A).export().unwrap();
    for export in [queued, both] {
        assert!(pair.link(A).live(Live::Function.number(), export));
        pair.link(A).emit(topic, 1, false, 0, ["null".to_owned(), "paths".to_owned()]).unwrap();
    }
    let now = pair.now;
    let home = Call { target: borrowed, is_export: true, ..Call::default() };
    let to_old = pair.link(A).call(now, &home, []).unwrap();
    pair.forget_seen();
    pair.run_for(2);
    assert!(pair.seen(A).contains(&Seen::ImportsGone));
    assert!(pair.seen(A).contains(&Seen::ExportDropped(sent)));
    assert!(!pair.seen(A).contains(&Seen::ExportDropped(both)));
    assert!(!pair.seen(A).contains(&Seen::ExportDropped(queued)));
    assert_eq!(pair.settled(A), [(to_old, Err(GONE_NO))]);
    pair.greet(B);
    pair.settle();
    let events = pair.seen(B).iter().filter(|seen| matches!(seen, Seen::Event { .. })).count();
    assert_eq!(events, 2);
    pair.link(B).release_import(both);
    pair.settle();
    assert!(pair.seen(A).contains(&Seen::ExportDropped(both)));
}

// Streams.

fn send_stream(pair: &mut Pair, from: usize) -> u32 {
    let stream = pair.link(from).open_stream().unwrap();
    send_live(pair, from, Live::Iterable, stream);
    stream
}

#[test]
fn a_stream_flows_as_far_as_its_credit() {
    let mut pair = Pair::open();
    let stream = send_stream(&mut pair, A);
    assert_eq!(pair.link(A).item(stream, 1, 0, ["early".to_owned()]), Err(NotSent::Busy));
    pair.link(B).grant(stream, 100);
    pair.settle();
    assert_eq!(pair.seen(A).last(), Some(&Seen::StreamReady { id: stream, credit: 100 }));
    assert_eq!(pair.link(A).item(stream, 1, 0, ["a".to_owned()]), Ok(68));
    assert_eq!(pair.link(A).item(stream, 1, 40, ["b".to_owned()]), Ok(28));
    assert_eq!(pair.link(A).item(stream, 1, 1000, ["c".to_owned()]), Ok(-972), "the last may overshoot");
    assert_eq!(pair.link(A).item(stream, 1, 0, ["d".to_owned()]), Err(NotSent::Busy));
    pair.settle();
    let costs: Vec<u32> = pair
        .seen(B)
        .iter()
        .filter_map(|seen| if let Seen::StreamItem { cost, .. } = seen { Some(*cost) } else { None })
        .collect();
    assert_eq!(costs, [32, 40, 1000]);

    pair.forget_seen();
    pair.link(B).consumed(stream, 24);
    pair.settle();
    assert_eq!(pair.seen(A), [], "a quarter of the window is collected first");
    pair.link(B).consumed(stream, 1048);
    pair.settle();
    assert_eq!(pair.seen(A), [Seen::StreamReady { id: stream, credit: 100 }]);

    pair.link(A).end_stream(stream, 0, []).unwrap();
    assert_eq!(pair.link(A).item(stream, 1, 0, []), Err(NotSent::Gone));
    pair.settle();
    assert_eq!(pair.seen(B).last(), Some(&Seen::StreamEnd { id: stream }));
    let next = pair.link(A).open_stream().unwrap();
    assert_eq!(next & 0xfffff, stream & 0xfffff);
}

#[test]
fn a_reader_that_leaves_stops_the_producer_and_hears_no_more() {
    let mut pair = Pair::open();
    let stream = send_stream(&mut pair, A);
    pair.link(B).grant(stream, 1000);
    pair.settle();
    pair.latency = 10;
    pair.link(A).item(stream, 1, 0, ["crossing".to_owned()]).unwrap();
    pair.flush(A);
    pair.link(B).stop_stream(stream, 0, []).unwrap();
    assert_eq!(pair.link(B).stop_stream(stream, 0, []), Err(NotSent::Gone));
    pair.forget_seen();
    pair.settle();
    assert_eq!(pair.seen(A), [Seen::StreamStopped { id: stream }]);
    assert_eq!(pair.seen(B), []);
    // The slot is free on both sides.
    assert_eq!(send_stream(&mut pair, A) & 0xfffff, stream & 0xfffff);
}

#[test]
fn a_producer_that_fails_breaks_the_stream() {
    let mut pair = Pair::open();
    let stream = send_stream(&mut pair, A);
    pair.link(A).reset_stream(stream, 1, ["record".to_owned()]).unwrap();
    pair.settle();
    assert_eq!(pair.seen(B).last(), Some(&Seen::StreamReset { id: stream, gone: false }));
}

#[test]
fn a_peer_that_goes_away_breaks_its_streams_and_stops_those_to_it() {
    let mut pair = Pair::open();
    let out = send_stream(&mut pair, A);
    let back = send_stream(&mut pair, B);
    pair.forget_seen();
    pair.reload(B);
    pair.greet(B);
    pair.settle();
    assert!(pair.seen(A).contains(&Seen::StreamStopped { id: out }));
    assert!(pair.seen(A).contains(&Seen::StreamReset { id: back, gone: true }));
}

#[test]
fn streams_are_open_up_to_their_limit() {
    let mut pair = Pair::open();
    for _ in 0..4096 {
        pair.link(A).open_stream().unwrap();
    }
    assert_eq!(pair.link(A).open_stream(), Err(NotSent::Busy));
}

#[test]
fn functions_are_lent_up_to_their_limit() {
    let mut pair = Pair::open();
    for _ in 0..65_536 {
        pair.link(A).export().unwrap();
    }
    assert_eq!(pair.link(A).export(), Err(NotSent::Busy));
    pair.link(A).unexport(7);
    pair.link(A).export().unwrap();
}

#[test]
fn messages_of_the_peer_are_counted_by_the_second() {
    for (messages, closed) in [(10, false), (11, true)] {
        let mut pair = Pair::open_with(|side, config| {
            if side == B {
                config.limits.messages_per_second = 10;
            }
        });
        pair.run_for(1_000);
        for _ in 0..messages {
            pair.emit(A, "topic", "x");
            pair.flush(A);
        }
        pair.settle();
        assert_eq!(pair.closed(B).is_some(), closed, "{messages}");
        if closed {
            assert_eq!(pair.closed(B), Some((CloseCode::Rate, 4)));
            assert_eq!(pair.closed(A).map(|(code, _)| code), Some(CloseCode::Rate));
        }
    }
}

#[test]
fn a_link_with_a_full_ring_of_names_takes_no_new_one_while_its_peer_is_away() {
    let mut pair = Pair::open();
    for n in 0..1024 {
        pair.intern(A, &n.to_string());
    }
    pair.settle();
    pair.reload_politely(B);
    pair.settle();
    let now = pair.now;
    assert_eq!(pair.link(A).intern(now), Err(NotSent::Busy));
    let known = pair.call(A, "1023", &[]);
    pair.greet(B);
    pair.settle();
    assert_eq!(pair.settled(A), [(known, Ok(vec!["1023()".into()]))]);
    pair.link(A).intern(now).unwrap();
}

#[test]
fn a_body_has_values_and_live_values_up_to_the_limit() {
    for (count, lives, sent) in [
        (0xffff, 0, Ok(())),
        (0x1_0000, 0, Err(NotSent::Busy)),
        (1, 4096, Ok(())),
        (1, 4097, Err(NotSent::Busy)),
    ] {
        let mut pair = Pair::open();
        for _ in 0..lives {
            assert!(pair.link(A).live(Live::Error.number(), 0));
        }
        let values = usize::try_from(count).unwrap() + usize::from(lives > 0);
        let values = vec!["paths".to_owned(); values];
        let name = pair.intern(A, "f");
        let result = pair.link(A).notify(name, false, count, 0, values);
        assert_eq!(result, sent, "{count} values, {lives} live");
        pair.settle();
        let heard = pair.seen(B).iter().any(|seen| matches!(seen, Seen::Notified { .. }));
        assert_eq!(heard, sent.is_ok());
    }
}

#[test]
fn a_reply_with_too_many_live_values_can_still_be_a_failure() {
    let mut pair = quiet();
    let id = pair.call(A, "f", &[]);
    pair.settle();
    let invoked = invoke_ids(&pair, B)[0];
    for _ in 0..4097 {
        assert!(pair.link(B).live(Live::Error.number(), 0));
    }
    assert_eq!(pair.link(B).reply(invoked, 1, 0, ["x".to_owned()]), Err(NotSent::Busy));
    pair.link(B).fail(invoked, FailCode::NotCloneable, 0, 0, []).unwrap();
    pair.settle();
    assert_eq!(pair.settled(A), [(id, Err((FailCode::NotCloneable, Executed::NotAsked)))]);
}
