//! A handshake half-way: what the partner may say next, and who else may not.

use portcullis::channel::error::Denial;
use portcullis::channel::ops::State;
use portcullis::channel::{Link, Millis, Nonce};

use crate::pair::{A, B, Channel, Mail, Message, ORIGINS, Pair, allow, config};

const OTHER: &str = "https://other.example";

/// A greeting of B's page that A takes; all digits of its nonce are `digit`.
fn greeting(kind: u32, digit: &str) -> Mail {
    Mail::to_a(kind, digit.repeat(32))
}

/// A has met a page, by its Hello, and waits for its Ready: that one is the answer's second part.
fn met() -> (Pair, Mail) {
    let mut pair = Pair::with(|side, config| {
        if side == A {
            config.allowed = allow(&[ORIGINS[B], OTHER]);
        }
    });
    pair.sides[B].away = true;
    pair.greet(A);
    pair.arrive_from(&greeting(0, "f"), true, 2);
    assert_eq!(pair.denials(A), []);
    pair.channels.push(Channel::default());
    let mut ready = greeting(2, "f");
    ready.yours.clone_from(&pair.posted[0].mine);
    ready.channel = Some(pair.channels.len() - 1);
    (pair, ready)
}

/// The first message on a port, which answers this nonce.
fn opening(nonce: &str) -> Message {
    let word = |at: usize| u32::from_str_radix(&nonce[at..at + 8], 16).unwrap();
    Message { seq: 1, ack: 0, words: vec![1, 1, 0, word(0), word(8), word(16), word(24)], values: vec![] }
}

/// A has a port of its partner, and this opens it.
fn half_open() -> (Pair, u32, Message) {
    let (mut pair, ready) = met();
    pair.arrive_from(&ready, true, 2);
    let port = *pair.sides[A].ports.keys().next().unwrap();
    let message = opening(&pair.posted[0].mine);
    (pair, port, message)
}

#[test]
fn only_a_page_that_leads_and_answers_the_nonce_may_send_the_port() {
    type Forge = fn(&mut Mail);
    #[rustfmt::skip]
    let table: [(&str, Forge, Option<Denial>); 7] = [
        // what                                forged                                   expected
        ("the true one",                       |_| {},                                  None),
        ("another page of the window",         |m| m.mine = "e".repeat(32),             None),
        ("another origin that is allowed too", |m| m.origin = OTHER.into(),             Some(Denial::WrongNonce)),
        ("an answer to another nonce",         |m| m.yours = "1".repeat(32),            Some(Denial::WrongNonce)),
        ("a page that does not lead",          |m| m.mine = "0".repeat(32),             Some(Denial::WrongNonce)),
        ("a nonce of the receiver's own",      |m| m.mine.clone_from(&m.yours),         Some(Denial::WrongNonce)),
        ("no port",                            |m| m.channel = None,                    Some(Denial::Malformed)),
    ];
    for (what, forge, expected) in table {
        let (mut pair, mut ready) = met();
        forge(&mut ready);
        pair.arrive_from(&ready, true, 2);
        assert_eq!(pair.denials(A), expected.into_iter().collect::<Vec<_>>(), "{what}");
        assert_eq!(pair.sides[A].ports.len(), usize::from(expected.is_none()), "{what}");
    }
}

#[test]
fn only_the_opening_alone_opens_a_port() {
    type Forge = fn(&mut Message);
    #[rustfmt::skip]
    let table: [(&str, Forge, State); 8] = [
        ("the true one",           |_| {},                                  State::Open),
        ("the second message",     |m| m.seq = 2,                           State::Connecting),
        ("with a value",           |m| m.values.push("x".into()),           State::Connecting),
        ("with another frame",     |m| m.words.push(20),                    State::Connecting),
        ("of another version",     |m| m.words[1] = 2,                      State::Connecting),
        ("of another kind",        |m| m.words = vec![16, 1],               State::Connecting),
        ("with a broken echo",     |m| m.words[6] ^= 1,                     State::Connecting),
        ("without words",          |m| m.words.clear(),                     State::Connecting),
    ];
    for (what, forge, expected) in table {
        let (mut pair, port, mut message) = half_open();
        forge(&mut message);
        pair.receive(A, port, &message);
        assert_eq!(pair.link(A).state(), expected, "{what}");
        assert_eq!(pair.sides[A].ports.len(), usize::from(expected == State::Open), "{what}");
    }
}

#[test]
fn an_opening_on_another_port_opens_nothing() {
    let (mut pair, port, message) = half_open();
    pair.receive(A, port + 1, &message);
    assert_eq!(pair.link(A).state(), State::Connecting);
    assert_eq!(pair.denials(A), [Denial::ClosedPort]);
    pair.receive(A, port, &message);
    assert_eq!(pair.link(A).state(), State::Open);
}

#[test]
fn a_port_on_which_something_unreadable_came_is_closed_and_no_other() {
    let (mut pair, port, message) = half_open();
    let now = pair.now;
    pair.link(A).lost(now, port + 1);
    pair.drain(A);
    assert_eq!(pair.sides[A].ports.len(), 1, "the partner's");
    pair.link(A).lost(now, port);
    pair.drain(A);
    assert_eq!(pair.sides[A].ports.len(), 0);
    pair.receive(A, port, &message);
    assert_eq!(pair.link(A).state(), State::Connecting);
}

#[test]
fn of_several_offers_only_the_unreadable_one_is_closed() {
    let mut pair = Pair::with(|side, config| {
        if side == A {
            config.peer = portcullis::channel::Peer::Opaque;
            config.allowed = allow(&[]);
        } else {
            config.own_opaque = true;
        }
    });
    pair.sides[A].away = true;
    pair.greet(B);
    let mut knock = greeting(3, "0");
    (knock.to, knock.origin, knock.mine) = (B, ORIGINS[A].into(), String::new());
    pair.arrive_from(&knock, true, 1);
    let ports: Vec<u32> = pair.sides[B].ports.keys().copied().collect();
    assert!(ports.len() >= 2, "{ports:?}");
    let now = pair.now;
    pair.link(B).lost(now, ports[0]);
    pair.drain(B);
    assert!(pair.sides[B].ports.keys().eq(&ports[1..]), "{:?}", pair.sides[B].ports);
    // The other one still opens.
    let offer = pair.posted.iter().filter(|mail| mail.kind == 4).nth(1).unwrap();
    let message = opening(&offer.mine);
    pair.receive(B, ports[1], &message);
    assert_eq!(pair.link(B).state(), State::Open);
}

#[test]
fn a_greeting_goes_to_the_one_origin_or_to_the_page_that_was_met() {
    let mut pair = Pair::new();
    pair.greet(A);
    assert_eq!(pair.posted[0].target.as_deref(), Some(ORIGINS[B]), "the only one allowed");

    let (mut pair, _) = met();
    assert_eq!(pair.posted[0].target, None, "before anybody is known");
    pair.greet(A);
    assert_eq!(pair.posted.last().unwrap().kind, 0);
    assert_eq!(pair.posted.last().unwrap().target.as_deref(), Some(ORIGINS[B]));
}

#[test]
fn greetings_become_rarer() {
    let mut pair = Pair::new();
    pair.sides[B].away = true;
    pair.greet(A);
    let mut times = vec![0];
    for now in 1..9_000 {
        let before = pair.posted.len();
        pair.run_for(1);
        times.extend((pair.posted.len() > before).then_some(now));
    }
    assert_eq!(times, [0, 500, 1_500, 3_500, 7_500]);
}

#[test]
fn a_peer_that_only_went_silent_is_greeted_again() {
    let mut pair = Pair::open();
    pair.sides[B].away = true;
    pair.call(A, "unheard", &[]);
    pair.flush(A);
    let before = pair.posted.len();
    // Three questions without an answer, and half a second.
    pair.run_for(26_000);
    assert_eq!(pair.states(A), [State::Reconnecting]);
    assert!(pair.posted.len() > before, "a greeting");
    assert!(pair.posted[before..].iter().all(|mail| mail.kind == 0 && mail.to == B));
}

#[test]
fn each_new_page_beside_a_session_waits_for_the_old_port() {
    let mut pair = Pair::open();
    for digit in ["e", "f"] {
        let before = pair.posted.len();
        pair.arrive_from(&greeting(0, digit), true, 2);
        assert_eq!(pair.posted.len(), before, "{digit}: the old port may have more to say");
        pair.run_for(10);
        assert_eq!(pair.posted.len(), before + 1, "{digit}: it has not");
    }
    // The page that was met is answered at once.
    let before = pair.posted.len();
    pair.arrive_from(&greeting(0, "f"), true, 2);
    assert_eq!(pair.posted.len(), before + 1);
}

#[test]
fn two_nonces_are_held_ready() {
    let mut link = Link::<String>::new(Millis::new(0.0), config());
    let mut taken = 0;
    while link.wants_entropy() {
        taken += 1;
        link.entropy(Nonce([taken; 4]));
    }
    assert_eq!(taken, 2);
}

#[test]
fn a_page_that_only_listened_greets_when_the_answer_stays_away() {
    let mut pair = Pair::new();
    pair.sides[B].away = true;
    let mut stray = greeting(1, "f");
    stray.yours = "1".repeat(32);
    pair.arrive_from(&stray, true, 2);
    pair.run_for(3_000);
    assert_eq!(pair.denials(A), [Denial::WrongNonce]);
    assert_eq!(pair.posted, [], "a refused greeting begins nothing");

    pair.arrive_from(&greeting(0, "f"), true, 2);
    assert_eq!(pair.posted.len(), 1, "the answer");
    pair.run_for(500);
    assert_eq!(pair.posted.len(), 2, "and a greeting");
}
