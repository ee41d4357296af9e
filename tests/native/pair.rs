//! Two links on a wire in memory, with a clock of its own.
//!
//! Greetings may be late, lost, doubled and out of order, as a test likes; port messages are reliable
//! and in order, as browsers promise. Nothing here knows the protocol beyond what drivers must do.

use std::collections::{BTreeMap, VecDeque};

use portcullis::channel::error::{CloseCode, Denial, Executed, FailCode, NotSent};
use portcullis::channel::frame::{Frame, Kind};
use portcullis::channel::limits::TAKES_ALL;
use portcullis::channel::ops::{Greeting, State, Target};
use portcullis::channel::{Arrival, Body, Call, Config, Limits, Link, Millis, Nonce, Output, Outputs, Peer};
use portcullis::origin::AllowList;

pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;
pub(crate) const ORIGINS: [&str; 2] = ["https://a.example", "https://b.example"];

pub(crate) type Values = Vec<String>;
/// The end of a call: its id, and the result or why there is none.
pub(crate) type Settled = (u32, Result<Values, (FailCode, Executed)>);

/// What a driver saw, with the values in place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    Invoke { id: u32, method: String, args: Values, lives: Vec<u32> },
    InvokeExport { id: u32, export: u32, args: Values },
    Notified { method: String, args: Values },
    Event { topic: String, retain: bool, payload: Values },
    Settled { id: u32, result: Result<Values, (FailCode, Executed)>, lives: Vec<u32> },
    Cancelled { id: u32, reason: Values },
    ExportDropped(u32),
    SignalAborted { id: u32, reason: Values },
    StreamReady { id: u32, credit: u32 },
    StreamStopped { id: u32 },
    StreamItem { id: u32, cost: u32, item: Values },
    StreamEnd { id: u32 },
    StreamReset { id: u32, gone: bool },
    ImportsGone,
    Opened,
    State(State),
    Refused(Denial, u32),
    Closed { code: CloseCode, detail: u32, reason: Values },
}

/// A greeting on its way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Mail {
    pub(crate) to: usize,
    pub(crate) origin: String,
    pub(crate) target: Option<String>,
    pub(crate) version: u32,
    pub(crate) name: String,
    pub(crate) kind: u32,
    pub(crate) mine: String,
    pub(crate) yours: String,
    pub(crate) shared: String,
    pub(crate) channel: Option<usize>,
}

impl Mail {
    /// A greeting of B's page under the nonce `mine`, which A takes.
    pub(crate) fn to_a(kind: u32, mine: String) -> Self {
        Self {
            to: A,
            origin: ORIGINS[B].into(),
            target: None,
            version: 1,
            name: "main".into(),
            kind,
            mine,
            yours: String::new(),
            shared: String::new(),
            channel: None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) words: Vec<u32>,
    pub(crate) values: Values,
}

/// A MessageChannel: for each end, what waits there.
#[derive(Debug, Default)]
pub(crate) struct Channel {
    waiting: [VecDeque<(Millis, Message)>; 2],
    /// The end's number in the driver that holds it.
    port: [Option<u32>; 2],
    closed: [bool; 2],
}

#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) link: Link<String>,
    pub(crate) origin: String,
    pub(crate) config: Config,
    pub(crate) seen: Vec<Seen>,
    pub(crate) ports: BTreeMap<u32, usize>,
    pub(crate) open_port: Option<u32>,
    pinned: Option<String>,
    hint: Option<String>,
    names: Vec<String>,
    peer_names: BTreeMap<u32, String>,
    kept: BTreeMap<u32, Values>,
    wake: Millis,
    /// The page is not there: nothing arrives and its clock does not run.
    pub(crate) away: bool,
    /// The page stands still: what its ports bring waits.
    pub(crate) frozen: bool,
    /// Answers every Invoke with its method and arguments.
    pub(crate) echoes: bool,
    pub(crate) messages_sent: usize,
    /// Handlers that have not answered.
    pub(crate) running: VecDeque<u32>,
}

#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) now: Millis,
    pub(crate) sides: [Side; 2],
    pub(crate) mail: Vec<(Millis, Mail)>,
    pub(crate) channels: Vec<Channel>,
    /// Every greeting ever posted.
    pub(crate) posted: Vec<Mail>,
    pub(crate) latency: u32,
    /// What becomes of each greeting: how late its copies arrive; none, if it is lost.
    pub(crate) post_office: fn(&Mail, usize) -> Vec<u32>,
    nonces: u32,
    /// A page went without a word: the other waits a little before it answers the next one.
    hushed: bool,
}

pub(crate) fn config() -> Config {
    Config {
        peer: Peer::Window,
        own_opaque: false,
        allowed: AllowList::default(),
        name: "main".into(),
        shared_nonce: String::new(),
        limits: Limits::default(),
        reconnect: true,
        takes: TAKES_ALL,
    }
}

pub(crate) fn allow(origins: &[&str]) -> AllowList {
    AllowList::parse(origins.iter().copied(), false).unwrap()
}

impl Side {
    fn new(index: usize, now: Millis, config: Config) -> Self {
        let mut link = Link::new(now, config.clone());
        link.bind(u32::try_from(2 - index).unwrap());
        Self {
            link,
            origin: if config.own_opaque { "null".into() } else { ORIGINS[index].into() },
            config,
            seen: Vec::new(),
            ports: BTreeMap::new(),
            open_port: None,
            pinned: None,
            hint: None,
            names: Vec::new(),
            peer_names: BTreeMap::new(),
            kept: BTreeMap::new(),
            wake: Millis::NEVER,
            away: false,
            frozen: false,
            echoes: true,
            messages_sent: 0,
            running: VecDeque::new(),
        }
    }

    fn exact(&self) -> Option<String> {
        self.config.allowed.exact().map(|origin| origin.as_str().to_owned())
    }
}

fn hex(nonce: Nonce) -> String {
    let Nonce([a, b, c, d]) = nonce;
    format!("{a:08x}{b:08x}{c:08x}{d:08x}")
}

impl Pair {
    /// Two pages that allow each other's exact origin.
    pub(crate) fn new() -> Self {
        Self::with(|_, _| {})
    }

    pub(crate) fn with(adapt: impl Fn(usize, &mut Config)) -> Self {
        let side = |index: usize| {
            let mut config = config();
            config.allowed = allow(&[ORIGINS[1 - index]]);
            adapt(index, &mut config);
            Side::new(index, Millis::new(1000.0), config)
        };
        Self {
            now: Millis::new(1000.0),
            sides: [side(A), side(B)],
            mail: Vec::new(),
            channels: Vec::new(),
            posted: Vec::new(),
            latency: 1,
            post_office: |_, _| vec![1],
            nonces: 0,
            hushed: false,
        }
    }

    /// Both greet; the result is two open links with nothing on the wire and nothing seen.
    pub(crate) fn open() -> Self {
        Self::open_with(|_, _| {})
    }

    pub(crate) fn open_with(adapt: impl Fn(usize, &mut Config)) -> Self {
        let mut pair = Self::with(adapt);
        pair.greet(A);
        pair.greet(B);
        pair.settle();
        assert!(pair.is_open(), "{pair:#?}");
        pair.forget_seen();
        pair
    }

    pub(crate) fn forget_seen(&mut self) {
        for side in &mut self.sides {
            side.seen.clear();
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.sides.iter().all(|side| side.link.state() == State::Open)
    }

    pub(crate) fn link_state(&self, side: usize) -> State {
        self.sides[side].link.state()
    }

    pub(crate) fn link(&mut self, side: usize) -> &mut Link<String> {
        &mut self.sides[side].link
    }

    pub(crate) fn seen(&self, side: usize) -> &[Seen] {
        &self.sides[side].seen
    }

    pub(crate) fn feed(&mut self, side: usize) {
        while self.sides[side].link.wants_entropy() {
            self.nonces += 1;
            // Spread over the range, so that either side may have the greater one.
            let n = self.nonces.wrapping_mul(0x9e37_79b9);
            self.sides[side].link.entropy(Nonce([n, self.nonces, 7, 9]));
        }
    }

    pub(crate) fn greet(&mut self, side: usize) {
        self.feed(side);
        let now = self.now;
        self.link(side).greet(now);
        self.drain(side);
    }

    /// The page of this side is gone and another of the same origin stands in its place. The old page
    /// says nothing.
    pub(crate) fn reload(&mut self, side: usize) {
        self.hushed = true;
        let new = Side::new(side, self.now, self.sides[side].config.clone());
        let old = core::mem::replace(&mut self.sides[side], new);
        self.sides[side].origin = old.origin;
        self.sides[side].seen = old.seen;
        self.sides[side].echoes = old.echoes;
        for channel in old.ports.values() {
            self.channels[*channel].closed[side] = true;
        }
    }

    /// Says goodbye first.
    pub(crate) fn reload_politely(&mut self, side: usize) {
        self.link(side).leave();
        self.drain(side);
        self.reload(side);
        self.hushed = false;
    }

    pub(crate) fn intern(&mut self, side: usize, name: &str) -> u32 {
        let now = self.now;
        let side = &mut self.sides[side];
        if let Some(id) = side.names.iter().position(|known| known == name) {
            return u32::try_from(id).unwrap();
        }
        let id = side.link.intern(now).unwrap();
        side.link.queue(name.to_owned());
        let at = id as usize;
        if at < side.names.len() {
            name.clone_into(&mut side.names[at]);
        } else {
            side.names.push(name.to_owned());
        }
        id
    }

    pub(crate) fn call(&mut self, side: usize, method: &str, args: &[&str]) -> u32 {
        self.try_call(side, method, args, |_| {}).unwrap()
    }

    pub(crate) fn try_call(
        &mut self,
        side: usize,
        method: &str,
        args: &[&str],
        adapt: impl Fn(&mut Call),
    ) -> Result<u32, NotSent> {
        let target = self.intern(side, method);
        let values: Values = args.iter().map(|&arg| arg.to_owned()).collect();
        let mut call = Call { target, argc: u32::try_from(args.len()).unwrap(), ..Call::default() };
        adapt(&mut call);
        let now = self.now;
        let side = &mut self.sides[side];
        let id = side.link.call(now, &call, values.clone())?;
        side.kept.insert(id, values);
        Ok(id)
    }

    pub(crate) fn emit(&mut self, side: usize, topic: &str, payload: &str) {
        let topic = self.intern(side, topic);
        self.link(side).emit(topic, 1, false, 0, [payload.to_owned()]).unwrap();
    }

    pub(crate) fn notify(&mut self, side: usize, method: &str, arg: &str) {
        let target = self.intern(side, method);
        self.link(side).notify(target, false, 1, 0, [arg.to_owned()]).unwrap();
    }

    /// The end of the microtask: what is queued leaves.
    pub(crate) fn flush(&mut self, side: usize) {
        let now = self.now;
        self.link(side).flush(now);
        self.drain(side);
    }

    /// Runs until nothing is on the wire, at most a second.
    pub(crate) fn settle(&mut self) {
        if core::mem::take(&mut self.hushed) {
            self.run_for(300);
        }
        let end = self.now.plus(Millis::new(1000.0));
        while let Some(at) = self.next_delivery() {
            if at > end {
                break;
            }
            self.run_until(at);
        }
        for side in [A, B] {
            self.flush(side);
        }
        if self.next_delivery().is_some_and(|at| at <= end) {
            self.settle();
        }
    }

    pub(crate) fn run_for(&mut self, millis: u32) {
        self.run_until(self.now.plus(Millis::new(millis.into())));
    }

    pub(crate) fn run_until(&mut self, end: Millis) {
        loop {
            let wakes = [A, B].map(|side| {
                if self.sides[side].away || self.sides[side].frozen {
                    Millis::NEVER
                } else {
                    self.sides[side].wake
                }
            });
            let wake = wakes[A].min(wakes[B]);
            let delivery = self.next_delivery().unwrap_or(Millis::NEVER);
            let next = wake.min(delivery);
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if delivery <= wake {
                self.deliver();
            } else {
                let side = if wakes[A] <= wakes[B] { A } else { B };
                self.feed(side);
                let now = self.now;
                // A wake is told once; after it the link says when the next is due.
                self.sides[side].wake = Millis::NEVER;
                self.link(side).wake(now);
                self.drain(side);
                self.flush(side);
            }
        }
        self.now = self.now.max(end);
    }

    fn next_delivery(&self) -> Option<Millis> {
        let mail = self.mail.iter().map(|(at, _)| *at).min();
        let ports = self.channels.iter().flat_map(|channel| {
            [A, B].into_iter().filter_map(|end| {
                channel.port[end].filter(|_| !self.sides[end].frozen)?;
                channel.waiting[end].front().map(|(at, _)| *at)
            })
        });
        mail.into_iter().chain(ports).min()
    }

    fn deliver(&mut self) {
        let now = self.now;
        if let Some(at) = self.mail.iter().position(|(at, _)| *at <= now) {
            let (_, mail) = self.mail.remove(at);
            self.arrive(&mail);
            return;
        }
        for index in 0..self.channels.len() {
            for end in [A, B] {
                if self.sides[end].frozen {
                    continue;
                }
                let channel = &mut self.channels[index];
                let Some(port) = channel.port[end] else { continue };
                if channel.waiting[end].front().is_none_or(|(at, _)| *at > now) {
                    continue;
                }
                let (_, message) = channel.waiting[end].pop_front().unwrap();
                if !channel.closed[end] && !self.sides[end].away {
                    self.receive(end, port, &message);
                }
                return;
            }
        }
    }

    pub(crate) fn arrive(&mut self, mail: &Mail) {
        let to = mail.to;
        if self.sides[to].away || self.sides[to].frozen {
            return;
        }
        if mail.target.as_ref().is_some_and(|target| *target != self.sides[to].origin) {
            return;
        }
        self.arrive_from(mail, true, u32::try_from(2 - to).unwrap());
    }

    pub(crate) fn arrive_from(&mut self, mail: &Mail, trusted: bool, source: u32) {
        self.feed(mail.to);
        let arrival = Arrival {
            trusted,
            source,
            origin: &mail.origin,
            version: mail.version,
            name: &mail.name,
            kind: mail.kind,
            mine: &mail.mine,
            yours: &mail.yours,
            shared: &mail.shared,
            has_port: mail.channel.is_some(),
        };
        let now = self.now;
        self.link(mail.to).arrive(now, &arrival);
        self.drain_with(mail.to, Some(mail), &[]);
        self.flush(mail.to);
    }

    pub(crate) fn receive(&mut self, side: usize, port: u32, message: &Message) {
        let now = self.now;
        let values = u32::try_from(message.values.len()).unwrap();
        self.link(side).receive(now, port, message.seq, message.ack, &message.words, values);
        self.drain_with(side, None, &message.values);
        self.flush(side);
    }

    /// Takes the next message that this side has sent off the wire.
    pub(crate) fn intercept(&mut self, side: usize) -> Message {
        self.intercept_next(side).unwrap()
    }

    /// The same, if there is one and its peer's port is open.
    pub(crate) fn intercept_next(&mut self, side: usize) -> Option<Message> {
        let port = self.sides[side].open_port?;
        let channel = &mut self.channels[self.sides[side].ports[&port]];
        let opened = channel.port[1 - side].is_some_and(|port| self.sides[1 - side].open_port == Some(port));
        if !opened || channel.closed[1 - side] {
            return None;
        }
        channel.waiting[1 - side].pop_front().map(|(_, message)| message)
    }

    /// Whether the next message that this side has sent tells a name.
    pub(crate) fn next_tells_names(&self, side: usize) -> bool {
        let next = self.sides[side]
            .open_port
            .and_then(|port| self.channels[self.sides[side].ports[&port]].waiting[1 - side].front());
        next.is_some_and(|(_, message)| {
            let mut words: &[u32] = &message.words;
            core::iter::from_fn(|| Frame::decode(&mut words).unwrap()).any(|frame| frame.kind == Kind::Name)
        })
    }

    /// A message on the open port of this side, as its peer would send it.
    pub(crate) fn forge(&mut self, side: usize, seq: u32, ack: u32, words: &[u32], values: &[&str]) {
        let port = self.sides[side].open_port.unwrap();
        let values = values.iter().map(|&value| value.to_owned()).collect();
        self.receive(side, port, &Message { seq, ack, words: words.to_vec(), values });
    }

    pub(crate) fn drain(&mut self, side: usize) {
        self.drain_with(side, None, &[]);
    }

    fn drain_with(&mut self, side: usize, arrival: Option<&Mail>, values: &[String]) {
        let mut words = Vec::new();
        self.sides[side].link.poll(self.now, &mut words);
        let mut outputs = Outputs::of(&words);
        for output in outputs.by_ref() {
            self.carry_out(side, output, arrival, values);
        }
        assert_eq!(outputs.next(), None);
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each operation")]
    fn carry_out(&mut self, side: usize, output: Output<'_>, arrival: Option<&Mail>, values: &[String]) {
        let body_of = |body: Body<'_>| -> Values {
            let from = body.at as usize;
            if !body.lives.is_empty() {
                assert_eq!(values[from + body.count as usize], "paths");
            }
            values[from..from + body.count as usize].to_vec()
        };
        let now = self.now;
        let me = &mut self.sides[side];
        let seen = match output {
            Output::Post { kind, target, port, mine, yours } => {
                self.post(side, kind, target, port, mine, yours);
                return;
            }
            Output::TakePort { port } => {
                let channel = arrival.and_then(|mail| mail.channel).expect("a port came with the greeting");
                me.ports.insert(port, channel);
                self.channels[channel].port[side] = Some(port);
                return;
            }
            Output::ClosePort { port } => {
                let channel = me.ports.remove(&port).expect("only known ports are closed");
                if me.open_port == Some(port) {
                    me.open_port = None;
                }
                self.channels[channel].closed[side] = true;
                return;
            }
            Output::Pinned => {
                me.pinned = Some(arrival.expect("pinned by a greeting").origin.clone());
                return;
            }
            Output::Opened { port } => {
                me.open_port = Some(port);
                me.peer_names.clear();
                Seen::Opened
            }
            Output::Send { port, seq, ack, values, words } => {
                let values = me.link.take_values(values);
                self.send(side, port, Message { seq, ack, words: words.to_vec(), values });
                return;
            }
            Output::Again { port, seq, ack, names, calls, words } => {
                let names = names as usize;
                let (heads, rest) = words.split_at(names * 2);
                let mut values: Values =
                    heads.chunks(2).map(|frame| me.names[frame[1] as usize].clone()).collect();
                assert_eq!(rest.len(), calls as usize * 3);
                for frame in rest.chunks(3) {
                    values.extend(me.kept[&frame[1]].iter().cloned());
                }
                self.send(side, port, Message { seq, ack, words: words.to_vec(), values });
                return;
            }
            Output::Forget { at, count } => {
                me.link.forget_values(at, count);
                return;
            }
            Output::Name { id, at } => {
                me.peer_names.insert(id, values[at as usize].clone());
                return;
            }
            Output::Wake(delay) => {
                me.wake = delay.map_or(Millis::NEVER, |delay| now.plus(delay));
                return;
            }
            Output::Invoke { id, target, is_export: true, body } => {
                Seen::InvokeExport { id, export: target, args: body_of(body) }
            }
            Output::Invoke { id, target, is_export: false, body } => {
                let (method, args) = (me.peer_names[&target].clone(), body_of(body));
                if me.echoes {
                    let answer = format!("{method}({})", args.join(","));
                    // The caller may have gone within the same message.
                    let sent = me.link.reply(id, 1, 0, [answer]);
                    assert!(matches!(sent, Ok(()) | Err(NotSent::Gone | NotSent::Closed)), "{sent:?}");
                } else {
                    me.running.push_back(id);
                }
                Seen::Invoke { id, method, args, lives: body.lives.to_vec() }
            }
            Output::Notified { target, body, .. } => {
                Seen::Notified { method: me.peer_names[&target].clone(), args: body_of(body) }
            }
            Output::Event { topic, retain, body } => {
                Seen::Event { topic: me.peer_names[&topic].clone(), retain, payload: body_of(body) }
            }
            Output::Settle { id, result, body } => {
                me.kept.remove(&id);
                Seen::Settled { id, result: result.map(|()| body_of(body)), lives: body.lives.to_vec() }
            }
            Output::Cancelled { id, body } => Seen::Cancelled { id, reason: body_of(body) },
            Output::ExportDropped { id } => Seen::ExportDropped(id),
            Output::SignalAborted { id, body } => Seen::SignalAborted { id, reason: body_of(body) },
            Output::StreamReady { id, credit } => Seen::StreamReady { id, credit },
            Output::StreamStopped { id, .. } => Seen::StreamStopped { id },
            Output::StreamItem { id, cost, body } => Seen::StreamItem { id, cost, item: body_of(body) },
            Output::StreamEnd { id, .. } => Seen::StreamEnd { id },
            Output::StreamReset { id, gone, .. } => Seen::StreamReset { id, gone },
            Output::ImportsGone => Seen::ImportsGone,
            Output::State(state) => Seen::State(state),
            Output::Refused { denial, detail } => Seen::Refused(denial, detail),
            Output::Closed { code, detail, body } => Seen::Closed { code, detail, reason: body_of(body) },
            other => panic!("{other:?} is not carried out"),
        };
        me.seen.push(seen);
    }

    fn send(&mut self, side: usize, port: u32, message: Message) {
        let me = &mut self.sides[side];
        me.messages_sent += 1;
        let channel = me.ports[&port];
        let due = self.now.plus(Millis::new(self.latency.into()));
        self.channels[channel].waiting[1 - side].push_back((due, message));
    }

    fn post(
        &mut self,
        side: usize,
        kind: Greeting,
        target: Target,
        port: u32,
        mine: Nonce,
        yours: Option<Nonce>,
    ) {
        let carries = matches!(kind, Greeting::Ready | Greeting::Offer);
        assert_eq!(carries, port != 0);
        assert!(target != Target::Star || !carries, "a port went to *");
        let channel = carries.then(|| {
            self.channels.push(Channel::default());
            let channel = self.channels.len() - 1;
            self.channels[channel].port[side] = Some(port);
            self.sides[side].ports.insert(port, channel);
            channel
        });
        let me = &self.sides[side];
        let target = match target {
            Target::Star => None,
            Target::Exact => Some(me.exact().expect("an exact origin")),
            Target::Hint => Some(me.hint.clone().expect("a hint")),
            _ => me.pinned.clone(),
        };
        let mail = Mail {
            to: 1 - side,
            origin: me.origin.clone(),
            target,
            version: 1,
            name: me.config.name.clone(),
            kind: kind.number(),
            mine: if kind == Greeting::Knock { String::new() } else { hex(mine) },
            yours: yours.map(hex).unwrap_or_default(),
            shared: me.config.shared_nonce.clone(),
            channel,
        };
        let index = self.posted.len();
        self.posted.push(mail.clone());
        for late in (self.post_office)(&mail, index) {
            self.mail.push((self.now.plus(Millis::new(late.into())), mail.clone()));
        }
    }

    pub(crate) fn hint(&mut self, side: usize, origin: &str) {
        self.sides[side].hint = Some(origin.to_owned());
        self.link(side).hint(origin);
    }

    /// The results of calls of this side, in the order in which they ended.
    pub(crate) fn settled(&self, side: usize) -> Vec<Settled> {
        let ended = |seen: &Seen| match seen {
            Seen::Settled { id, result, .. } => Some((*id, result.clone())),
            _ => None,
        };
        self.seen(side).iter().filter_map(ended).collect()
    }

    pub(crate) fn denials(&self, side: usize) -> Vec<Denial> {
        let denial = |seen: &Seen| match seen {
            Seen::Refused(denial, _) => Some(*denial),
            _ => None,
        };
        self.seen(side).iter().filter_map(denial).collect()
    }

    pub(crate) fn states(&self, side: usize) -> Vec<State> {
        let state = |seen: &Seen| match seen {
            Seen::State(state) => Some(*state),
            _ => None,
        };
        self.seen(side).iter().filter_map(state).collect()
    }

    pub(crate) fn closed(&self, side: usize) -> Option<(CloseCode, u32)> {
        self.seen(side).iter().find_map(|seen| match seen {
            Seen::Closed { code, detail, .. } => Some((*code, *detail)),
            _ => None,
        })
    }

    pub(crate) fn invoked(&self, side: usize) -> Vec<String> {
        let method = |seen: &Seen| match seen {
            Seen::Invoke { method, .. } => Some(method.clone()),
            _ => None,
        };
        self.seen(side).iter().filter_map(method).collect()
    }
}
