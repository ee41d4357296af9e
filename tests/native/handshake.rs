use portcullis::channel::error::{CloseCode, Denial, Executed, FailCode};
use portcullis::channel::ops::{Greeting, State};
use portcullis::channel::{Millis, Peer};

use crate::pair::{A, B, Mail, ORIGINS, Pair, Seen, allow};

fn answers(pair: &mut Pair) {
    for (from, to) in [(A, B), (B, A)] {
        pair.forget_seen();
        let id = pair.call(from, "add", &["1", "2"]);
        pair.settle();
        assert_eq!(pair.settled(from), [(id, Ok(vec!["add(1,2)".into()]))]);
        assert_eq!(pair.invoked(to), ["add"]);
    }
}

#[test]
fn two_pages_that_greet_at_once_meet() {
    let mut pair = Pair::new();
    pair.greet(A);
    pair.greet(B);
    pair.settle();
    for side in [A, B] {
        assert_eq!(pair.seen(side), [Seen::Opened, Seen::State(State::Open)]);
    }
    answers(&mut pair);
}

#[test]
fn either_page_may_come_first_and_the_other_late() {
    for first in [A, B] {
        let mut pair = Pair::new();
        pair.sides[1 - first].away = true;
        pair.greet(first);
        pair.run_for(2_000);
        pair.sides[1 - first].away = false;
        pair.greet(1 - first);
        pair.settle();
        assert!(pair.is_open());
        answers(&mut pair);
    }
}

#[test]
fn a_page_that_only_listens_is_met() {
    let mut pair = Pair::new();
    pair.greet(A);
    pair.settle();
    assert!(pair.is_open());
    answers(&mut pair);
}

/// B's nonce is the greater: it leads as soon as it knows A's.
#[test]
fn a_hello_is_answered_by_the_port_where_the_answerer_leads() {
    use Greeting::{Hello, Ready, Welcome};
    for (first, expected) in [(A, &[Hello, Ready][..]), (B, &[Hello, Welcome, Ready])] {
        let mut pair = Pair::new();
        pair.feed(A);
        pair.greet(first);
        pair.settle();
        let kinds: Vec<_> = pair.posted.iter().map(|mail| mail.kind).collect();
        assert_eq!(kinds, expected.iter().map(|kind| kind.number()).collect::<Vec<_>>(), "{first} first");
        assert!(pair.is_open());
        answers(&mut pair);
    }
}

#[test]
fn a_welcome_that_crossed_the_port_is_late_and_one_of_another_page_is_refused() {
    let mut pair = Pair::new();
    pair.latency = 100;
    pair.greet(A);
    pair.greet(B);
    // B has A's Hello, and A's Welcome comes after it has led.
    pair.run_for(10);
    let welcome = pair.posted.iter().find(|mail| mail.kind == Greeting::Welcome.number()).unwrap().clone();
    assert_eq!(welcome.to, B);
    pair.arrive(&welcome);
    assert_eq!(pair.denials(B), []);
    pair.arrive(&Mail { mine: "0".repeat(32), ..welcome });
    assert_eq!(pair.denials(B), [Denial::Replayed]);
    pair.settle();
    assert!(pair.is_open());
    assert_eq!(pair.channels.len(), 1, "the late Welcome made no second port");
}

#[test]
fn a_lost_greeting_of_any_kind_only_delays() {
    for lost in 0..6 {
        let mut pair = Pair::new();
        pair.post_office = match lost {
            0 => |_, index| if index == 0 { vec![] } else { vec![1] },
            1 => |_, index| if index == 1 { vec![] } else { vec![1] },
            2 => |_, index| if index == 2 { vec![] } else { vec![1] },
            3 => |_, index| if index == 3 { vec![] } else { vec![1] },
            4 => |_, index| if index == 4 { vec![] } else { vec![1] },
            _ => |mail, index| {
                if index < 6 && mail.kind == Greeting::Ready.number() { vec![] } else { vec![1] }
            },
        };
        pair.greet(A);
        pair.greet(B);
        // A lost Ready is the slowest: its port is awaited for 4 s.
        pair.run_for(5_000);
        assert!(pair.is_open(), "lost {lost}");
        answers(&mut pair);
    }
}

/// A page that is busy reads its messages late. A port that was given up meanwhile is open at its other
/// end already, and what was called there would be lost.
#[test]
fn slow_pages_meet_once() {
    for (latency, post_office) in [
        (50, (|_, _| vec![50]) as fn(&Mail, usize) -> Vec<u32>),
        (240, |_, _| vec![240]),
        (400, |_, _| vec![400]),
        (900, |_, _| vec![900]),
        (1_900, |_, _| vec![1_900]),
    ] {
        let mut pair = Pair::new();
        (pair.latency, pair.post_office) = (latency, post_office);
        pair.greet(A);
        pair.greet(B);
        while !pair.sides.iter().any(|side| side.seen.contains(&Seen::Opened)) {
            pair.run_for(10);
        }
        let first = usize::from(!pair.seen(A).contains(&Seen::Opened));
        let id = pair.call(first, "soon", &["x"]);
        pair.flush(first);
        pair.run_for(20_000);
        for side in [A, B] {
            let opened = pair.seen(side).iter().filter(|seen| **seen == Seen::Opened).count();
            assert_eq!((opened, pair.sides[side].ports.len()), (1, 1), "sessions and ports, {latency} ms");
        }
        let answer =
            |seen: &&Seen| matches!(seen, Seen::Settled { id: own, result: Ok(_), .. } if *own == id);
        assert!(pair.seen(first).iter().any(|seen| answer(&seen)), "{latency} ms: {:#?}", pair.seen(first));
    }
}

/// Pages of one process stand still together: what the other has posted meanwhile may be handed out only
/// after the timers that have come.
#[test]
fn a_page_that_stood_still_hears_what_waits_before_it_gives_a_port_up() {
    for side in [A, B] {
        let mut pair = Pair::new();
        pair.greet(A);
        pair.greet(B);
        pair.latency = 10;
        while !pair.seen(1 - side).contains(&Seen::Opened) {
            pair.sides[side].frozen = !pair.sides[side].ports.is_empty();
            pair.run_for(1);
        }
        assert!(!pair.seen(side).contains(&Seen::Opened), "its opening waits");
        let id = pair.call(1 - side, "soon", &["x"]);
        pair.flush(1 - side);
        pair.now = pair.now.plus(Millis::new(6_000.0));
        let now = pair.now;
        pair.link(side).wake(now);
        pair.drain(side);
        pair.sides[side].frozen = false;
        pair.run_for(1_000);
        assert_eq!(pair.settled(1 - side), [(id, Ok(vec!["soon(x)".into()]))]);
        for side in [A, B] {
            assert_eq!(pair.states(side), [State::Open]);
            assert_eq!(pair.sides[side].ports.len(), 1);
        }
    }
}

#[test]
fn doubled_and_disordered_greetings_make_one_session() {
    let mut pair = Pair::new();
    pair.post_office = |_, index| vec![[0, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4][index % 11], 13];
    pair.greet(A);
    pair.greet(B);
    pair.settle();
    for side in [A, B] {
        let opened = pair.seen(side).iter().filter(|seen| **seen == Seen::Opened).count();
        assert_eq!(opened, 1);
        assert_eq!(pair.sides[side].ports.len(), 1, "no port is left over");
    }
    answers(&mut pair);
}

#[test]
fn a_hello_holds_nothing_but_a_nonce_and_only_pinned_posts_carry_ports() {
    let mut pair = Pair::with(|side, config| {
        if side == A {
            config.allowed = allow(&["https://b.example", "https://*.b.example"]);
        }
    });
    pair.greet(A);
    pair.settle();
    assert!(pair.is_open());
    let hello = &pair.posted[0];
    assert_eq!((hello.kind, hello.target.as_deref(), hello.channel), (0, None, None));
    assert_eq!((hello.yours.as_str(), hello.shared.as_str()), ("", ""));
    for mail in pair.posted.iter().skip(1) {
        assert!(mail.target.is_some(), "{mail:?}");
    }
}

#[test]
fn a_hint_is_followed_only_if_it_is_allowed_and_not_for_ever() {
    let mut pair = Pair::with(|_, config| config.allowed = allow(&["https://*.b.example"]));
    pair.hint(A, "https://evil.example");
    pair.greet(A);
    assert_eq!(pair.posted[0].target, None);

    pair.hint(A, "https://x.b.example");
    pair.greet(A);
    pair.greet(A);
    let targets: Vec<_> = pair.posted.iter().skip(1).map(|mail| mail.target.as_deref()).collect();
    // The page behind the hint may have moved on to another allowed origin.
    assert!(targets.contains(&Some("https://x.b.example")) && targets.contains(&None), "{targets:?}");
}

#[test]
fn a_peer_that_never_answers_is_given_up_in_time() {
    let mut pair = Pair::new();
    pair.sides[B].away = true;
    pair.greet(A);
    pair.run_for(9_999);
    assert_eq!(pair.closed(A), None);
    assert!(pair.posted.len() > 3, "it kept greeting");
    pair.run_for(1);
    assert_eq!(pair.closed(A), Some((CloseCode::TimedOut, 0)));
    let greeted = pair.posted.len();
    pair.run_for(60_000);
    assert_eq!(pair.posted.len(), greeted, "and stopped");
}

/// A Hello that side A takes.
fn hello() -> Mail {
    Mail::to_a(0, "0123456789abcdef0123456789abcdef".into())
}

#[test]
fn each_check_refuses_its_forgery_and_answers_nothing() {
    type Forge = fn(&mut Mail);
    #[rustfmt::skip]
    let table: [(&str, Forge, bool, u32, Option<Denial>); 16] = [
        // what                               forged                                      trusted source expected
        ("the true one",                      |_| {},                                       true,  2, None),
        ("a synthetic event",                 |_| {},                                       false, 2, Some(Denial::NotTrusted)),
        ("another window of the right origin",|_| {},                                       true,  3, Some(Denial::WrongSource)),
        ("a window that is gone",             |_| {},                                       true,  0, Some(Denial::WrongSource)),
        ("another origin",                    |m| m.origin = "https://evil.example".into(), true,  2, Some(Denial::OriginNotAllowed)),
        ("another port",                      |m| m.origin = "https://b.example:8443".into(), true, 2, Some(Denial::OriginNotAllowed)),
        ("another scheme",                    |m| m.origin = "http://b.example".into(),     true,  2, Some(Denial::OriginNotAllowed)),
        ("a final dot",                       |m| m.origin = "https://b.example.".into(),   true,  2, Some(Denial::OriginNotAllowed)),
        ("an opaque origin",                  |m| m.origin = "null".into(),                 true,  2, Some(Denial::OpaqueOrigin)),
        ("no origin",                         |m| m.origin = String::new(),                 true,  2, Some(Denial::OriginNotAllowed)),
        ("another channel",                   |m| m.name = "other".into(),                  true,  2, Some(Denial::WrongChannel)),
        ("an unknown kind",                   |m| m.kind = 255,                             true,  2, Some(Denial::Malformed)),
        ("a short nonce",                     |m| m.mine = "0123".into(),                   true,  2, Some(Denial::Malformed)),
        ("an upper-case nonce",               |m| m.mine = m.mine.to_uppercase(),           true,  2, Some(Denial::Malformed)),
        ("a knock at a page with an origin",  |m| m.kind = 3,                               true,  2, Some(Denial::Unexpected)),
        ("a welcome for another nonce",       |m| { m.kind = 1; m.yours = "f".repeat(32); },true,  2, Some(Denial::WrongNonce)),
    ];
    for (what, forge, trusted, source, expected) in table {
        let mut pair = Pair::new();
        pair.sides[B].away = true;
        pair.greet(A);
        let before = pair.posted.len();
        let mut mail = hello();
        forge(&mut mail);
        pair.arrive_from(&mail, trusted, source);
        assert_eq!(pair.denials(A), expected.into_iter().collect::<Vec<_>>(), "{what}");
        let answered = pair.posted.len() > before;
        assert_eq!(answered, expected.is_none(), "{what}");
    }
}

#[test]
fn a_nonce_of_ones_own_is_not_welcomed() {
    let mut pair = Pair::new();
    pair.sides[B].away = true;
    pair.greet(A);
    let mut echo = hello();
    echo.mine.clone_from(&pair.posted[0].mine);
    pair.arrive_from(&echo, true, 2);
    assert_eq!(pair.denials(A), [Denial::WrongNonce]);
}

#[test]
fn every_greeting_of_a_finished_handshake_played_again_makes_no_session() {
    let mut pair = Pair::open();
    let greetings = pair.posted.len();
    for mail in pair.posted.clone() {
        let mut again = mail;
        if again.channel.is_some() {
            pair.channels.push(crate::pair::Channel::default());
            again.channel = Some(pair.channels.len() - 1);
        }
        pair.arrive(&again);
        pair.settle();
    }
    assert_eq!(pair.posted.len(), greetings, "none is answered");
    for side in [A, B] {
        assert!(!pair.seen(side).contains(&Seen::Opened));
        // The gate may be slower than the port: what the true peer said there is late, not refused.
        assert_eq!(pair.denials(side), []);
    }
    answers(&mut pair);
}

#[test]
fn a_page_that_reloads_is_met_again_and_calls_in_flight_end_at_once() {
    for side in [A, B] {
        let mut pair = Pair::open();
        pair.sides[side].echoes = false;
        let id = pair.call(1 - side, "slow", &[]);
        pair.settle();
        pair.sides[side].echoes = true;
        pair.reload(side);
        pair.greet(side);
        pair.settle();
        assert_eq!(pair.settled(1 - side), [(id, Err((FailCode::PeerGone, Executed::Unknown)))]);
        assert_eq!(pair.states(1 - side), [State::Reconnecting, State::Open]);
        answers(&mut pair);
        for side in [A, B] {
            assert_eq!(pair.sides[side].ports.len(), 1);
        }
    }
}

#[test]
fn a_hello_alone_ends_nothing() {
    let mut pair = Pair::open();
    pair.arrive(&hello());
    pair.run_for(30_000);
    assert_eq!(pair.states(A), []);
    answers(&mut pair);
}

#[test]
fn a_page_that_reloads_again_and_again_ends_with_one_session() {
    let mut pair = Pair::open();
    for _ in 0..20 {
        pair.reload_politely(B);
        pair.greet(B);
        pair.run_for(3);
    }
    pair.run_for(6_000);
    assert!(pair.is_open());
    for side in [A, B] {
        assert_eq!(pair.sides[side].ports.len(), 1);
    }
    answers(&mut pair);
}

#[test]
fn a_forbidden_page_in_the_window_closes_a_link_that_waits_for_its_peer() {
    let mut pair = Pair::open();
    pair.reload_politely(B);
    pair.settle();
    assert_eq!(pair.states(A), [State::Reconnecting]);
    let mut evil = hello();
    evil.origin = "https://evil.example".into();
    pair.arrive(&evil);
    assert_eq!(pair.closed(A), Some((CloseCode::Refused, 0)));
}

#[test]
fn a_forbidden_page_in_the_window_of_a_sleeping_one_closes_the_link() {
    let mut pair = Pair::open();
    let mut evil = hello();
    evil.origin = "https://evil.example".into();
    pair.arrive(&evil);
    assert_eq!(pair.closed(A), None, "control: beside a session that is awake it ends nothing");
    pair.link(B).suspend();
    pair.drain(B);
    pair.settle();
    pair.arrive(&evil);
    assert_eq!(pair.closed(A), Some((CloseCode::Refused, 0)));
}

#[test]
fn a_page_of_another_allowed_origin_takes_the_place() {
    let mut pair = Pair::open_with(|side, config| {
        if side == A {
            config.allowed = allow(&["https://b.example", "https://c.example"]);
        }
    });
    pair.reload_politely(B);
    pair.sides[B].origin = "https://c.example".into();
    pair.greet(B);
    pair.settle();
    assert!(pair.is_open());
    answers(&mut pair);
}

#[test]
fn no_reconnect_in_time_closes() {
    let mut pair = Pair::open();
    pair.reload_politely(B);
    pair.sides[B].away = true;
    pair.settle();
    let waiting = pair.call(A, "add", &[]);
    pair.run_for(11_000);
    assert_eq!(pair.closed(A), Some((CloseCode::TimedOut, 0)));
    assert_eq!(pair.settled(A), [(waiting, Err((FailCode::PeerGone, Executed::No)))]);
}

#[test]
fn without_reconnect_a_lost_peer_closes() {
    let mut pair = Pair::open_with(|_, config| config.reconnect = false);
    pair.reload_politely(B);
    pair.settle();
    assert_eq!(pair.closed(A), Some((CloseCode::PeerGone, 0)));
}

#[test]
fn another_version_is_refused_by_name() {
    for version in [0, 2, u32::MAX] {
        let mut pair = Pair::new();
        pair.sides[B].away = true;
        pair.greet(A);
        let mut other = hello();
        other.version = version;
        pair.arrive(&other);
        assert_eq!(pair.closed(A), Some((CloseCode::Version, version)));

        // A stranger cannot close a link that way.
        let mut pair = Pair::new();
        pair.sides[B].away = true;
        pair.greet(A);
        other.origin = "https://evil.example".into();
        pair.arrive_from(&other, true, 2);
        assert_eq!(pair.closed(A), None);
        assert_eq!(pair.seen(A), [Seen::Refused(Denial::OriginNotAllowed, 0)]);
    }
}

#[test]
fn another_version_does_not_end_a_session_that_runs() {
    let mut pair = Pair::open();
    let mut other = hello();
    other.version = 2;
    pair.arrive(&other);
    assert_eq!(pair.seen(A), [Seen::Refused(Denial::WrongVersion, 2)]);
    answers(&mut pair);
}

#[test]
fn channels_of_two_names_do_not_hear_each_other() {
    let mut pair = Pair::with(|side, config| config.name = if side == A { "one" } else { "two" }.into());
    pair.greet(A);
    pair.greet(B);
    pair.run_for(3_000);
    assert!(!pair.is_open());
    assert!(pair.denials(A).iter().all(|d| *d == Denial::WrongChannel));
    assert!(!pair.denials(A).is_empty());
}

#[test]
fn ports_meet_without_origins() {
    let mut pair = Pair::with(|_, config| config.peer = Peer::Port);
    for side in &mut pair.sides {
        side.origin = String::new();
    }
    pair.greet(A);
    pair.settle();
    assert!(pair.is_open());
    answers(&mut pair);
}

fn opaque() -> Pair {
    let mut pair = Pair::with(|side, config| {
        config.shared_nonce = "secret".into();
        if side == A {
            config.peer = Peer::Opaque;
            config.allowed = allow(&[]);
        } else {
            config.own_opaque = true;
        }
    });
    pair.latency = 2;
    pair
}

#[test]
fn an_opaque_page_and_its_host_meet_in_any_order() {
    for first in [A, B] {
        for (between, late) in [(0, false), (1, false), (50, true), (3_000, true)] {
            let mut pair = opaque();
            pair.sides[1 - first].away = late;
            pair.greet(first);
            pair.run_for(between);
            pair.sides[1 - first].away = false;
            pair.greet(1 - first);
            pair.run_for(5_000);
            assert!(pair.is_open(), "{first} first by {between}");
            for mail in &pair.posted {
                assert_eq!(mail.target.is_none(), mail.kind == Greeting::Knock.number());
                if mail.target.is_none() {
                    assert_eq!((&*mail.mine, &*mail.yours), ("", ""));
                }
            }
            for side in [A, B] {
                assert_eq!(pair.sides[side].ports.len(), 1, "{first} {between}");
            }
            answers(&mut pair);
        }
    }
}

#[test]
fn an_opaque_host_takes_no_second_offer_and_does_not_reconnect() {
    let mut pair = opaque();
    pair.greet(A);
    pair.greet(B);
    pair.settle();
    pair.forget_seen();
    let offer = pair.posted.iter().find(|mail| mail.kind == Greeting::Offer.number()).unwrap().clone();
    pair.arrive(&Mail { mine: "0".repeat(32), ..offer });
    assert_eq!(pair.denials(A), [Denial::Replayed]);
    answers(&mut pair);
    pair.forget_seen();
    pair.reload_politely(B);
    pair.settle();
    assert_eq!(pair.closed(A), Some((CloseCode::PeerGone, 0)));
}

#[test]
fn an_opaque_host_takes_offers_of_opaque_pages_alone() {
    let mut pair = opaque();
    pair.sides[B].away = true;
    pair.greet(A);
    let offer = Mail {
        origin: ORIGINS[B].into(),
        kind: Greeting::Offer.number(),
        shared: "secret".into(),
        channel: Some(0),
        ..hello()
    };
    pair.channels.push(crate::pair::Channel::default());
    pair.arrive(&offer);
    assert_eq!(pair.denials(A), [Denial::OpaqueOrigin]);
    assert!(pair.sides[A].ports.is_empty());
    // The control: the same offer of a page whose origin is "null".
    pair.arrive(&Mail { origin: "null".into(), ..offer });
    assert_eq!(pair.sides[A].ports.len(), 1);
}

#[test]
fn an_offer_without_the_shared_nonce_is_refused() {
    let mut pair = opaque();
    pair.sides[B].away = true;
    pair.greet(A);
    let offer = Mail {
        origin: "null".into(),
        kind: Greeting::Offer.number(),
        shared: "guess".into(),
        channel: Some(0),
        ..hello()
    };
    pair.channels.push(crate::pair::Channel::default());
    pair.arrive(&offer);
    assert_eq!(pair.denials(A), [Denial::WrongNonce]);
    // The control: the same offer with the secret is taken.
    pair.arrive(&Mail { shared: "secret".into(), ..offer });
    assert_eq!(pair.sides[A].ports.len(), 1);
}

#[test]
fn an_opaque_page_with_two_possible_hosts_offers_nothing() {
    let mut pair = Pair::with(|side, config| {
        config.own_opaque = side == B;
        config.allowed = allow(&["https://a.example", "https://c.example"]);
    });
    pair.greet(B);
    pair.settle();
    assert_eq!(pair.posted, []);
}

#[test]
fn an_opaque_page_keeps_few_offers_open() {
    let mut pair = opaque();
    pair.sides[A].away = true;
    pair.greet(B);
    let knock = Mail {
        to: B,
        origin: ORIGINS[A].into(),
        kind: Greeting::Knock.number(),
        mine: String::new(),
        ..hello()
    };
    for _ in 0..20 {
        pair.arrive(&knock);
    }
    assert_eq!(pair.sides[B].ports.len(), 4);
}

#[test]
fn without_random_bits_no_attempt_begins() {
    let mut pair = Pair::new();
    let now = pair.now;
    pair.link(A).greet(now);
    pair.drain(A);
    assert_eq!(pair.posted, []);
    pair.greet(A);
    assert_eq!(pair.posted.len(), 1);
}

#[test]
fn a_port_that_does_not_open_properly_is_closed_and_a_new_one_made() {
    let mut pair = Pair::new();
    pair.latency = 2_000;
    pair.greet(A);
    pair.greet(B);
    pair.run_for(100);
    let leader = if pair.posted.iter().any(|m| m.kind == 2 && m.to == B) { A } else { B };
    let port = *pair.sides[leader].ports.keys().next().unwrap();
    let message = crate::pair::Message { seq: 1, ack: 0, words: vec![19], values: vec![] };
    pair.receive(leader, port, &message);
    assert_eq!(pair.sides[leader].ports.len(), 0);
    assert!(pair.denials(leader).contains(&Denial::Malformed));
    pair.latency = 1;
    pair.run_for(9_000);
    assert!(pair.is_open());
    answers(&mut pair);
}

#[test]
fn an_opening_that_echoes_another_nonce_is_refused() {
    let mut pair = Pair::new();
    pair.latency = 400;
    pair.greet(A);
    pair.greet(B);
    pair.run_for(100);
    for side in [A, B] {
        let port = *pair.sides[side].ports.keys().next().unwrap();
        let words = vec![1, 1, 0, 1, 2, 3, 4];
        pair.receive(side, port, &crate::pair::Message { seq: 1, ack: 0, words, values: vec![] });
        assert_eq!(pair.sides[side].ports.len(), 0);
        assert_eq!(pair.sides[side].link.state(), State::Connecting);
    }
    pair.run_for(9_000);
    assert!(pair.is_open());
}

#[test]
fn a_clock_that_stands_still_for_an_hour_loses_nobody() {
    let mut pair = Pair::open();
    pair.sides[B].echoes = false;
    pair.call(A, "slow", &[]);
    pair.settle();
    pair.now = pair.now.plus(Millis::new(3_600_000.0));
    pair.run_for(100);
    assert!(pair.states(A).is_empty(), "the silence was this side's own");
}

#[test]
fn a_hello_that_overtakes_the_close_of_the_channel_before_it_joins_nothing_old() {
    let mut pair = Pair::open();
    pair.latency = 50;
    pair.link(B).close(1, ["again".to_owned()]).unwrap();
    pair.drain(B);
    pair.reload(B);
    pair.greet(B);
    pair.run_for(400);
    assert_eq!(pair.closed(A), Some((CloseCode::Closed, 0)));
    assert_eq!(pair.states(A), [State::Closed]);
    assert!(!pair.seen(B).contains(&Seen::Opened), "nobody is there yet");
    // The guest connects again.
    pair.latency = 1;
    pair.reload(A);
    pair.greet(A);
    pair.run_for(1_000);
    assert!(pair.is_open());
    answers(&mut pair);
}

#[test]
fn a_hello_beside_a_session_is_answered_when_the_old_port_has_nothing_more_to_say() {
    // The peer's page is alive and says Hello: the Pong is enough.
    let mut pair = Pair::open();
    let before = pair.posted.len();
    pair.arrive(&hello());
    assert_eq!(pair.posted.len(), before);
    pair.run_for(10);
    assert_eq!(pair.posted.len(), before + 1);
    // It is gone without a word: a quarter of a second is.
    let mut pair = Pair::open();
    pair.sides[B].away = true;
    let before = pair.posted.len();
    pair.arrive(&hello());
    pair.run_for(249);
    assert_eq!(pair.posted.len(), before);
    pair.run_for(1);
    assert_eq!(pair.posted.len(), before + 1);
}
