//! Words and greetings from a peer, and two links that talk through a wire somebody tampers with.

use portcullis::{
    channel::{
        Arrival, Call, Config, Limits, Link, Millis, Nonce, Output, Outputs,
        frame::Frame,
        ops::{Greeting, State},
    },
    origin::AllowList,
};

use crate::words;

const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example"];

fn link(peer: usize) -> Link<u8> {
    let mut link = Link::new(
        Millis::new(0.0),
        Config {
            allowed: AllowList::parse([ORIGINS[peer]], false).expect("an origin"),
            limits: Limits::default(),
            reconnect: true,
            ..Config::default()
        },
    );
    link.bind(1);
    link
}

/// Whatever greetings arrive, nothing opens without a message on a port.
pub fn greetings(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else { return };
    let mut link = link(1);
    link.entropy(Nonce([1, 2, 3, 4]));
    link.greet(Millis::new(0.0));
    for line in text.lines() {
        let mut parts = line.split(',');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let (flags, kind): (u32, u32) = (number(), number());
        let mut text = || parts.next().unwrap_or("");
        let (mine, yours, name) = (text(), text(), text());
        link.arrive(
            Millis::new(1.0),
            &Arrival {
                trusted: flags & 1 == 0,
                source: u32::from(flags & 2 == 0),
                origin: if flags & 4 == 0 { ORIGINS[1] } else { name },
                version: 1 + (flags >> 4 & 1),
                name: if flags & 4 == 0 { name } else { "" },
                kind,
                mine,
                yours,
                shared: name,
                has_port: flags & 8 != 0,
            },
        );
        let mut out = Vec::new();
        link.poll(Millis::new(1.0), &mut out);
        for output in Outputs::of(&out) {
            assert!(!matches!(output, Output::Opened { .. } | Output::Invoke { .. } | Output::Event { .. }));
        }
    }
    assert!(matches!(link.state(), State::Connecting | State::Closed));
}

/// What decodes is encoded to the same words.
pub fn frames(data: &[u8]) {
    let words = words(data);
    let mut rest = &words[..];
    loop {
        let before = rest;
        match Frame::decode(&mut rest) {
            Ok(Some(frame)) => {
                let used = &before[..before.len() - rest.len()];
                let mut again = Vec::new();
                frame.encode(&mut again);
                let mut reread = &again[..];
                assert_eq!(Frame::decode(&mut reread), Ok(Some(frame)), "{used:?}");
            }
            Ok(None) => return assert!(before.is_empty()),
            Err(_) => return,
        }
    }
}

/// A private channel: each side's number for its end, once it has one, and what waits there.
#[derive(Default)]
struct Pipe {
    ports: [Option<u32>; 2],
    waiting: [Vec<(u32, u32, Vec<u32>, u32)>; 2],
}

/// Two links, their private channels, and the greetings on their way (with the pipe they carry).
struct Pair {
    links: [Link<u8>; 2],
    pipes: Vec<Pipe>,
    mail: Vec<(usize, Greeting, Nonce, Option<Nonce>, Option<usize>)>,
    now: Millis,
    nonces: u32,
    calls: [u32; 2],
    settled: [u32; 2],
    invoked: [Vec<u32>; 2],
    closed: [bool; 2],
    /// How often each side's handlers ran.
    runs: [u32; 2],
    /// A call may run more than once, or a peer makes up its own.
    free: bool,
}

impl Pair {
    fn new() -> Self {
        Self {
            links: [link(1), link(0)],
            pipes: Vec::new(),
            mail: Vec::new(),
            now: Millis::new(1.0),
            nonces: 0,
            calls: [0; 2],
            settled: [0; 2],
            invoked: [Vec::new(), Vec::new()],
            closed: [false; 2],
            runs: [0; 2],
            free: false,
        }
    }

    fn pipe(&mut self, side: usize, port: u32) -> Option<&mut Pipe> {
        self.pipes.iter_mut().find(|pipe| pipe.ports[side] == Some(port))
    }

    fn tell(&mut self, side: usize, arrived: Option<usize>, say: impl FnOnce(&mut Link<u8>, Millis)) {
        while self.links[side].wants_entropy() {
            self.nonces += 1;
            self.links[side].entropy(Nonce([self.nonces, side as u32, 0, 1]));
        }
        say(&mut self.links[side], self.now);
        let mut out = Vec::new();
        self.links[side].poll(self.now, &mut out);
        for output in Outputs::of(&out) {
            assert!(!self.closed[side] || matches!(output, Output::Wake(_)), "after the end: {output:?}");
            match output {
                Output::Post { kind, port, mine, yours, .. } => {
                    let pipe = (kind == Greeting::Ready).then(|| {
                        let mut pipe = Pipe::default();
                        pipe.ports[side] = Some(port);
                        self.pipes.push(pipe);
                        self.pipes.len() - 1
                    });
                    self.mail.push((1 - side, kind, mine, yours, pipe));
                }
                Output::TakePort { port } => {
                    let pipe = arrived.expect("a port is taken only when one came");
                    self.pipes[pipe].ports[side] = Some(port);
                }
                Output::ClosePort { port } => {
                    if let Some(pipe) = self.pipe(side, port) {
                        *pipe = Pipe::default();
                    }
                }
                Output::Send { port, seq, ack, values, words } => {
                    drop(self.links[side].take_values(values));
                    if let Some(pipe) = self.pipe(side, port) {
                        pipe.waiting[1 - side].push((seq, ack, words.to_vec(), values));
                    }
                }
                Output::Again { port, seq, ack, names, calls, words } => {
                    // Every call here has two arguments.
                    if let Some(pipe) = self.pipe(side, port) {
                        pipe.waiting[1 - side].push((seq, ack, words.to_vec(), names + 2 * calls));
                    }
                }
                Output::Forget { at, count } => self.links[side].forget_values(at, count),
                Output::Invoke { id, .. } => {
                    self.invoked[side].push(id);
                    self.runs[side] += 1;
                    assert!(self.free || self.runs[side] <= self.calls[1 - side], "a call runs once");
                }
                Output::Settle { .. } => self.settled[side] += 1,
                Output::Closed { .. } => self.closed[side] = true,
                _ => {}
            }
        }
        assert!(self.settled[side] <= self.calls[side], "a call settles once");
    }

    fn deliver_mail(&mut self, at: usize) {
        if self.mail.is_empty() {
            return;
        }
        let (to, kind, mine, yours, port) = self.mail.remove(at % self.mail.len());
        let text =
            |Nonce(words): Nonce| words.iter().fold(String::new(), |text, word| format!("{text}{word:08x}"));
        let (mine, yours) = (text(mine), yours.map(text).unwrap_or_default());
        let arrival = Arrival {
            trusted: true,
            source: 1,
            origin: ORIGINS[1 - to],
            version: 1,
            name: "",
            kind: kind.number(),
            mine: &mine,
            yours: &yours,
            shared: "",
            has_port: port.is_some(),
        };
        self.tell(to, port, |link, now| link.arrive(now, &arrival));
    }

    fn deliver_message(&mut self, to: usize) {
        let ready = |pipe: &&mut Pipe| pipe.ports[to].is_some() && !pipe.waiting[to].is_empty();
        let Some(pipe) = self.pipes.iter_mut().find(ready) else { return };
        let (Some(port), (seq, ack, words, values)) = (pipe.ports[to], pipe.waiting[to].remove(0)) else {
            return;
        };
        self.tell(to, None, |link, now| link.receive(now, port, seq, ack, &words, values));
    }

    /// What somebody who holds the port may do with the messages on it.
    fn tamper(&mut self, to: usize, how: impl FnOnce(&mut Vec<(u32, u32, Vec<u32>, u32)>)) {
        let mut waiting = self.pipes.iter_mut().map(|pipe| &mut pipe.waiting[to]);
        if let Some(waiting) = waiting.find(|waiting| !waiting.is_empty()) {
            how(waiting);
        }
    }

    fn open(&mut self) {
        for side in 0..2 {
            self.tell(side, None, |link, now| link.greet(now));
        }
        for _ in 0..64 {
            self.deliver_mail(0);
            self.deliver_message(0);
            self.deliver_message(1);
        }
        assert!(self.links.iter().all(|link| link.state() == State::Open));
    }

    fn act(&mut self, op: u8, argument: u8) {
        let side = usize::from(argument & 1);
        let other = usize::from(argument >> 1);
        match op % 12 {
            0 => self.deliver_mail(other),
            1 | 2 => self.deliver_message(side),
            3 => {
                let mut made = false;
                self.free |= other & 1 == 1;
                self.tell(side, None, |link, now| {
                    let Ok(target) = link.intern(now) else { return };
                    link.queue(0);
                    let call = Call { target, argc: 2, idempotent: other & 1 == 1, ..Call::default() };
                    made = link.call(now, &call, [1, 2]).is_ok();
                });
                self.calls[side] += u32::from(made);
            }
            4 => {
                if let Some(id) = self.invoked[side].pop() {
                    self.tell(side, None, |link, _| {
                        // The caller may be gone.
                        let _ = link.reply(id, 1, 8, [3]);
                    });
                }
            }
            5 => self.tell(side, None, |link, now| link.flush(now)),
            6 => self.tell(side, None, |link, now| link.greet(now)),
            7 => {
                self.now = self.now.plus(Millis::new(f64::from(argument) * 100.0));
                self.tell(side, None, |link, now| link.wake(now));
            }
            8 if other & 7 == 7 => self.tell(side, None, |link, _| link.leave()),
            9 if other & 7 == 7 => self.tell(side, None, |link, _| link.suspend()),
            8 if other & 7 == 0 => self.tamper(side, |waiting| waiting.insert(1, waiting[0].clone())),
            9 if other & 7 == 0 => self.tamper(side, |waiting| drop(waiting.remove(0))),
            11 if other & 7 == 0 => self.tamper(side, |waiting| waiting.rotate_left(1)),
            10 => self.tell(side, None, |link, now| link.resume(now)),
            11 if other == 127 => self.tell(side, None, |link, _| {
                let _ = link.close(0, []);
            }),
            _ => {}
        }
    }

    /// Ends both: every call that was made has settled then, or its side was closed by itself before.
    fn end(mut self) {
        for side in 0..2 {
            self.tell(side, None, |link, _| {
                let _ = link.close(0, []);
            });
            assert_eq!(self.settled[side], self.calls[side], "a call was lost");
        }
    }
}

/// A peer that has opened properly and then sends any words: no panic, and no call settles twice.
pub fn session(data: &[u8]) {
    let mut pair = Pair::new();
    pair.free = true;
    pair.open();
    for _ in 0..3 {
        pair.act(3, 0);
    }
    pair.act(5, 0);
    let mut seq = 1;
    for message in data.split(|byte| *byte == 0xff) {
        let port = pair.pipes.iter().find_map(|pipe| pipe.ports[0]).unwrap_or(0);
        let words = words(message);
        let values = message.first().map_or(0, |first| u32::from(*first % 8));
        seq += 1;
        pair.tell(0, None, |link, now| link.receive(now, port, seq, 0, &words, values));
    }
    pair.end();
}

/// Two honest peers, any order of events, and a port on which messages may come twice, never or too early: no
/// panic, every call settles exactly once and runs at most once.
pub fn two_peers(data: &[u8]) {
    let mut pair = Pair::new();
    if data.first().is_some_and(|first| first & 1 == 1) {
        pair.open();
    }
    for step in data.chunks_exact(2) {
        pair.act(step[0], step[1]);
    }
    pair.end();
}
