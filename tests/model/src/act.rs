//! What may happen, and what it does.

use portcullis::channel::{
    Arrival, Link,
    limits::WIRE_VERSION,
    ops::{Greeting, Op, Target},
};

use crate::{
    page::{EVIL, GUEST, HOST, Page, Step},
    world::{Act, Document, Forger, Holder, Letter, Message, Pipe, Scenario, Window, World},
};

const KINDS: [Greeting; 5] =
    [Greeting::Hello, Greeting::Welcome, Greeting::Ready, Greeting::Knock, Greeting::Offer];

impl World {
    pub(crate) fn actions(&self, actions: &mut Vec<Act>) {
        for (window, page) in [(Window::Host, &self.host), (Window::Frame, &self.guest)] {
            let here = window == Window::Host || self.frame == Document::Honest;
            if !here || page.closed {
                continue;
            }
            if !page.started && self.budget.starts > 0 {
                actions.push(Act::Start(window));
            }
            if page.started && self.budget.wakes > 0 && page.wake.is_some() {
                actions.push(Act::Wake(window));
            }
            if window == Window::Host && page.session.is_some() && !page.called && self.budget.calls > 0 {
                actions.push(Act::Call(window));
            }
        }
        for (at, letter) in self.mail.iter().enumerate() {
            actions.push(Act::Deliver(at));
            if self.budget.drops > 0 {
                actions.push(Act::Drop(at));
            }
            // A port moves: a letter that carries one cannot be had twice.
            if self.budget.doubles > 0 && letter.port.is_none() {
                actions.push(Act::Double(at));
            }
        }
        for (number, pipe) in self.pipes.iter().enumerate() {
            for end in 0..2 {
                if !pipe.towards[end].is_empty() && matches!(pipe.holders[end], Holder::Page(_)) {
                    actions.push(Act::Hear((number, end)));
                }
                if pipe.holders[end] == Holder::Evil && pipe.spoken < 2 {
                    actions.extend((0..self.known.len()).map(|nonce| Act::Speak((number, end), nonce)));
                }
            }
        }
        if self.budget.forgeries > 0 {
            for forger in [Forger::Stranger, Forger::Sibling, Forger::Synthetic, Forger::Navigated] {
                if forger == Forger::Navigated && self.frame == Document::Honest {
                    continue;
                }
                for kind in KINDS {
                    for nonce in 0..self.known.len() {
                        actions.push(Act::Forge(forger, Window::Host, kind.number(), nonce));
                        if forger != Forger::Navigated && forger != Forger::Sibling {
                            actions.push(Act::Forge(forger, Window::Frame, kind.number(), nonce));
                        }
                    }
                }
            }
        }
        if self.budget.navigations > 0 && self.guest.started {
            actions.push(Act::Navigate(Document::Honest));
            if self.frame == Document::Honest {
                actions.push(Act::Navigate(Document::Evil));
            }
        }
    }

    pub(crate) fn act(&mut self, scenario: &Scenario, act: Act) {
        match act {
            Act::Start(window) => {
                self.budget.starts -= 1;
                let page = self.page(window);
                page.started = true;
                let steps = page.tell(Link::greet);
                self.carry_out(window, steps, None);
            }
            Act::Deliver(at) => {
                let letter = self.mail.remove(at);
                self.deliver(&letter);
            }
            Act::Drop(at) => {
                self.budget.drops -= 1;
                self.dropped = true;
                let letter = self.mail.remove(at);
                self.lose_port(&letter);
            }
            Act::Double(at) => {
                self.budget.doubles -= 1;
                let letter = self.mail[at].clone();
                self.post(letter);
            }
            Act::Hear((number, end)) => self.hear(number, end),
            Act::Wake(window) => {
                self.budget.wakes -= 1;
                let page = self.page(window);
                if let Some(at) = page.wake.take() {
                    page.now = at.max(page.now);
                }
                let steps = page.tell(Link::wake);
                self.carry_out(window, steps, None);
            }
            Act::Call(window) => {
                self.budget.calls -= 1;
                let steps = self.page(window).call();
                self.carry_out(window, steps, None);
            }
            Act::Forge(forger, to, kind, nonce) => {
                self.budget.forgeries -= 1;
                self.forge(forger, to, kind, nonce);
            }
            Act::Speak((number, end), nonce) => self.speak(number, end, nonce),
            Act::Navigate(document) => self.navigate(scenario, document),
        }
        self.mail.sort();
    }

    fn post(&mut self, letter: Letter) {
        if letter.target.is_none() {
            // Whatever goes to `*` may be read by whoever is there.
            self.learn(letter.mine);
        }
        self.mail.push(letter);
    }

    fn learn(&mut self, nonce: [u32; 4]) {
        if !self.known.contains(&nonce) {
            self.known.push(nonce);
        }
    }

    fn lose_port(&mut self, letter: &Letter) {
        if let Some((number, end)) = letter.port {
            self.pipes[number].holders[end] = Holder::Nobody;
            self.pipes[number].towards[end].clear();
        }
    }

    fn deliver(&mut self, letter: &Letter) {
        let here = match (letter.to, self.frame) {
            (Window::Host, _) => HOST,
            (Window::Frame, Document::Honest) => self.guest.origin,
            (Window::Frame, Document::Evil) => EVIL,
        };
        if letter.target.is_some_and(|target| target != here) {
            self.lose_port(letter);
            return;
        }
        if here == EVIL {
            self.learn(letter.mine);
            if let Some((number, end)) = letter.port {
                self.pipes[number].holders[end] = Holder::Evil;
                self.pipes[number].tainted = true;
                self.broken.leaked = true;
            }
            return;
        }
        if !self.page(letter.to).started {
            self.lose_port(letter);
            return;
        }
        let text =
            |nonce: [u32; 4]| nonce.iter().fold(String::new(), |text, word| format!("{text}{word:08x}"));
        let needs_nonce = letter.kind != Greeting::Knock.number();
        let arrival = Arrival {
            trusted: letter.trusted,
            source: letter.source,
            origin: letter.origin,
            version: WIRE_VERSION,
            name: "",
            kind: letter.kind,
            mine: &if needs_nonce { text(letter.mine) } else { String::new() },
            yours: &letter.yours.map(text).unwrap_or_default(),
            shared: "",
            has_port: letter.port.is_some(),
        };
        let steps = self.page(letter.to).arrive(&arrival);
        let took = steps.iter().any(|(op, _, _)| *op == Op::TakePort);
        if !took {
            self.lose_port(letter);
        }
        let to = letter.to;
        self.carry_out(to, steps, Some(letter));
    }

    fn hear(&mut self, number: usize, end: usize) {
        let (seq, ack, words, values) = self.pipes[number].towards[end].remove(0);
        let Holder::Page(id) = self.pipes[number].holders[end] else { return };
        let window = if id == self.host.id { Window::Host } else { Window::Frame };
        let page = self.page(window);
        let Some(&(port, _)) = page.ports.iter().find(|(_, held)| *held == (number, end)) else { return };
        let steps = page.tell(|link, now| link.receive(now, port, seq, ack, &words, values));
        let ran = steps.iter().any(|(op, _, _)| *op == Op::Invoke);
        if ran {
            // Numbers start anew with each port, so order is a matter of one port.
            let stale = page.session == Some(port) && seq <= page.last_taken;
            page.last_taken = seq;
            self.broken.order |= stale;
            self.broken.stranger |= self.pipes[number].tainted;
        }
        self.carry_out(window, steps, None);
    }

    fn forge(&mut self, forger: Forger, to: Window, kind: u32, nonce: usize) {
        let peer = if to == Window::Host { self.guest.origin } else { HOST };
        let (trusted, source, origin) = match forger {
            Forger::Stranger => (true, 9, EVIL),
            Forger::Sibling => (true, 8, peer),
            Forger::Synthetic => (false, 1, peer),
            Forger::Navigated => (true, 1, EVIL),
        };
        let carries = kind == Greeting::Ready.number() || kind == Greeting::Offer.number();
        let port = carries.then(|| {
            self.pipes.push(Pipe {
                holders: [Holder::Evil, Holder::Travels],
                towards: [vec![], vec![]],
                tainted: true,
                spoken: 0,
            });
            (self.pipes.len() - 1, 1)
        });
        let yours = self.known[nonce];
        // A small nonce of its own makes the victim lead, a large one makes it follow.
        let mine = if kind == Greeting::Ready.number() { [999, 6, 6, 6] } else { [0, 6, 6, 6] };
        self.post(Letter {
            to,
            target: Some(if to == Window::Host { HOST } else { self.guest.origin }),
            trusted,
            source,
            origin,
            kind,
            mine,
            yours: (kind != Greeting::Hello.number()).then_some(yours),
            port,
        });
    }

    /// An opening that answers a nonce, then a call, on a port that the attacker holds.
    fn speak(&mut self, number: usize, end: usize, nonce: usize) {
        let pipe = &mut self.pipes[number];
        pipe.spoken += 1;
        let [a, b, c, d] = self.known[nonce];
        let message: Message = if pipe.spoken == 1 {
            (1, 0, vec![1, WIRE_VERSION, 0, a, b, c, d], 0)
        } else {
            // A name, and a call of it without arguments.
            (2, 0, vec![2, 0, 3, 0, 0], 1)
        };
        pipe.towards[1 - end].push(message);
    }

    fn navigate(&mut self, scenario: &Scenario, document: Document) {
        self.budget.navigations -= 1;
        self.navigated = true;
        if self.frame == Document::Honest {
            // Some engines lose the goodbye of a page that goes: then the ports just die.
            for pipe in &mut self.pipes {
                for end in 0..2 {
                    if pipe.holders[end] == Holder::Page(self.guest.id) {
                        pipe.holders[end] = Holder::Nobody;
                        pipe.towards[end].clear();
                    }
                }
            }
        }
        self.frame = document;
        if document == Document::Honest {
            let id = self.guest.id + 2;
            self.guest = Page::new(id, self.guest.origin, scenario.wide, scenario.opaque);
            self.budget.starts += 1;
        }
    }

    fn carry_out(&mut self, window: Window, steps: Vec<Step>, letter: Option<&Letter>) {
        let mut answers = Vec::new();
        for (op, f, tail) in steps {
            if self.page(window).closed && op != Op::Wake {
                self.broken.after_close = true;
            }
            match op {
                Op::Post => self.posted(window, &f),
                Op::TakePort => {
                    if let Some((number, end)) = letter.and_then(|letter| letter.port) {
                        let id = self.page(window).id;
                        self.pipes[number].holders[end] = Holder::Page(id);
                        self.page(window).ports.push((f[0], (number, end)));
                    }
                }
                Op::ClosePort => {
                    let page = self.page(window);
                    let end = page.end_of(f[0]);
                    page.ports.retain(|(port, _)| *port != f[0]);
                    if page.session == Some(f[0]) {
                        page.session = None;
                    }
                    if let Some((number, end)) = end {
                        self.pipes[number].holders[end] = Holder::Nobody;
                        self.pipes[number].towards[end].clear();
                    }
                }
                Op::Pinned => {
                    if let Some(letter) = letter {
                        self.page(window).pinned = Some(letter.origin);
                    }
                }
                Op::Opened => {
                    let page = self.page(window);
                    let live = page.session.is_some();
                    page.session = Some(f[0]);
                    page.last_taken = 1;
                    let end = page.end_of(f[0]);
                    self.broken.ports |= live;
                    let tainted = end.is_none_or(|(number, _)| self.pipes[number].tainted);
                    self.broken.stranger |= tainted;
                }
                Op::Send | Op::Again => {
                    let values = if op == Op::Send { f[3] } else { f[3] + f[4] };
                    let page = self.page(window);
                    drop(if op == Op::Send { page.link.take_values(values) } else { vec![] });
                    if let Some((number, end)) = page.end_of(f[0]) {
                        let pipe = &mut self.pipes[number];
                        if pipe.holders[1 - end] != Holder::Nobody {
                            pipe.towards[1 - end].push((f[1], f[2], tail, values));
                        }
                    }
                }
                Op::Invoke => {
                    let page = self.page(window);
                    page.handled += 1;
                    let (early, twice) = (page.session.is_none(), page.handled > 1);
                    self.broken.early |= early;
                    self.broken.twice |= twice;
                    answers.push(f[0]);
                }
                Op::Settle => {
                    let page = self.page(window);
                    page.settled += 1;
                    let settled = page.settled > 1;
                    self.broken.settled |= settled;
                    self.answered |= f[1] == 0;
                }
                Op::Closed => self.page(window).closed = true,
                Op::Wake => {
                    let page = self.page(window);
                    page.wake = (f[0] != u32::MAX)
                        .then(|| page.now.plus(portcullis::channel::Millis::new(f[0].into())));
                }
                _ => {}
            }
        }
        for id in answers {
            let steps = self.page(window).tell(|link, now| {
                // The caller may have gone.
                let _ = link.reply(id, 0, 0, []);
                link.flush(now);
            });
            self.carry_out(window, steps, None);
        }
    }

    fn posted(&mut self, window: Window, f: &[u32]) {
        let kind = f[0];
        let carries = kind == Greeting::Ready.number() || kind == Greeting::Offer.number();
        let star = f[1] == Target::Star.number();
        let empty = kind == Greeting::Hello.number() || kind == Greeting::Knock.number();
        self.broken.star |= star && (!empty || carries);
        let port = carries.then(|| {
            let id = self.page(window).id;
            self.pipes.push(Pipe {
                holders: [Holder::Page(id), Holder::Travels],
                towards: [vec![], vec![]],
                tainted: false,
                spoken: 0,
            });
            let number = self.pipes.len() - 1;
            self.page(window).ports.push((f[2], (number, 0)));
            (number, 1)
        });
        let page = self.page(window);
        let exact = if window == Window::Host { GUEST } else { HOST };
        let target = match f[1] {
            target if target == Target::Star.number() => None,
            target if target == Target::Pinned.number() => Some(page.pinned.unwrap_or("nowhere")),
            _ => Some(exact),
        };
        let letter = Letter {
            to: if window == Window::Host { Window::Frame } else { Window::Host },
            target,
            trusted: true,
            source: 1,
            origin: page.origin,
            kind,
            mine: [f[3], f[4], f[5], f[6]],
            yours: (f[11] > 0).then_some([f[7], f[8], f[9], f[10]]),
            port,
        };
        self.post(letter);
    }
}
