//! One honest page: a real link and what its driver would keep.

use portcullis::{
    channel::{Arrival, Call, Config, Limits, Link, Millis, Nonce, Peer, ops::Op},
    origin::AllowList,
};

/// The page around the frame, and the page in the frame.
pub(crate) const HOST: &str = "https://host.example";
pub(crate) const GUEST: &str = "https://guest.example";
pub(crate) const EVIL: &str = "https://evil.example";
pub(crate) const OPAQUE: &str = "null";

/// The two ends of a private channel.
pub(crate) type End = (usize, usize);

/// A port of a page.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Door {
    /// The link's number for it.
    pub(crate) port: u32,
    pub(crate) end: End,
    /// The greeting that led to it came from the bound window and an allowed origin, or it was posted to them.
    pub(crate) vouched: bool,
    /// What an opening has to echo.
    pub(crate) echo: [u32; 4],
}

/// An honest page.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Page {
    pub(crate) link: Link<u8>,
    pub(crate) origin: &'static str,
    /// A number that no other page has: its nonces and its name in the drawings.
    pub(crate) id: u32,
    nonces: u32,
    pub(crate) now: Millis,
    pub(crate) wake: Option<Millis>,
    pub(crate) pinned: Option<&'static str>,
    /// The nonce that it last told.
    pub(crate) mine: [u32; 4],
    pub(crate) doors: Vec<Door>,
    pub(crate) session: Option<u32>,
    pub(crate) started: bool,
    pub(crate) called: u8,
    pub(crate) closed: bool,
    /// Number of the last message that came to the session in its turn.
    pub(crate) last_taken: u32,
    /// The peer's calls that have run, and its own that have settled.
    pub(crate) handled: Vec<u32>,
    pub(crate) settled: Vec<u32>,
}

/// One operation: its fields, and what follows them.
pub(crate) type Step = (Op, Vec<u32>, Vec<u32>);

impl Page {
    pub(crate) fn new(id: u32, origin: &'static str, wide: bool, opaque: bool) -> Self {
        let host = origin == HOST;
        let allowed = match (host, opaque) {
            (true, true) => vec![],
            // A pattern besides the exact origin: the first greeting cannot be pinned.
            (true, false) if wide => vec![GUEST, "https://*.guest.example"],
            (true, false) => vec![GUEST],
            (false, _) => vec![HOST],
        };
        let mut limits = Limits::default();
        limits.heartbeat = Millis::NEVER;
        limits.connect = Millis::NEVER;
        limits.call = Millis::NEVER;
        let config = Config {
            peer: if host && opaque { Peer::Opaque } else { Peer::Window },
            own_opaque: origin == OPAQUE,
            allowed: AllowList::parse(allowed, false).expect("the lists are well-formed"),
            limits,
            reconnect: true,
            ..Config::default()
        };
        let mut link = Link::new(Millis::new(0.0), config);
        link.bind(1);
        Self {
            link,
            origin,
            id,
            nonces: 0,
            now: Millis::new(0.0),
            wake: None,
            pinned: None,
            mine: [0; 4],
            doors: Vec::new(),
            session: None,
            started: false,
            called: 0,
            closed: false,
            last_taken: 0,
            handled: Vec::new(),
            settled: Vec::new(),
        }
    }

    /// Gives the link the random bits it wants, says something to it, and takes its operations.
    pub(crate) fn tell(&mut self, say: impl FnOnce(&mut Link<u8>, Millis)) -> Vec<Step> {
        while self.link.wants_entropy() {
            self.nonces += 1;
            // Which page leads depends on the nonces: a page's second attempt is on the other side.
            let first = if self.nonces.is_multiple_of(2) { self.id } else { 100 - self.id };
            self.link.entropy(Nonce([first, self.id, self.nonces, 7]));
        }
        say(&mut self.link, self.now);
        let mut words = Vec::new();
        self.link.poll(self.now, &mut words);
        decode(&words)
    }

    pub(crate) fn arrive(&mut self, arrival: &Arrival<'_>) -> Vec<Step> {
        self.tell(|link, now| link.arrive(now, arrival))
    }

    pub(crate) fn call(&mut self) -> Vec<Step> {
        self.called += 1;
        // A call is known by its number of arguments; the attacker's have none.
        let argc = self.called.into();
        self.tell(|link, now| {
            let target = link.intern(now).expect("a fresh table has room");
            link.queue(9);
            let call = Call { target, argc, ..Call::default() };
            link.call(now, &call, vec![3; argc as usize]).expect("a fresh session has room");
            link.flush(now);
        })
    }

    /// It is not open, and a timer will make it try again.
    pub(crate) const fn waits(&self) -> bool {
        self.session.is_none() && self.wake.is_some()
    }

    pub(crate) fn end_of(&self, port: u32) -> Option<End> {
        self.doors.iter().find(|door| door.port == port).map(|door| door.end)
    }
}

fn decode(mut words: &[u32]) -> Vec<Step> {
    let mut steps = Vec::new();
    while let Some((&number, rest)) = words.split_first() {
        let op = Op::from_number(number).expect("a link writes operations");
        let names = op.fields();
        let (fields, rest) = rest.split_at(names.len());
        let last = fields.last().map_or(0, |&last| last as usize);
        let tail = match names.last() {
            Some(&"n") => last,
            Some(&"k") => last * 2,
            _ => 0,
        };
        let (tail, rest) = rest.split_at(tail);
        steps.push((op, fields.to_vec(), tail.to_vec()));
        words = rest;
    }
    steps
}
