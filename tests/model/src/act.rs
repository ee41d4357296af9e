//! What may happen, and what it does.

use portcullis::channel::{
    Arrival, Link,
    limits::WIRE_VERSION,
    ops::{Greeting, Op, Target},
};

use crate::{
    page::{Door, EVIL, GUEST, HOST, Step},
    world::{Act, Document, Holder, Letter, Message, Pipe, Scenario, Window, World, note},
};

impl World {
    pub(crate) fn actions(&self, scenario: &Scenario, actions: &mut Vec<Act>) {
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
            if window == Window::Host && page.session.is_some() && self.budget.calls > 0 {
                actions.push(Act::Call(window));
            }
            if page.started && self.budget.closes > 0 {
                actions.push(Act::Close(window));
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
            }
        }
        self.attacks(scenario, actions);
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
            Act::Hear((number, end)) => {
                let message = self.pipes[number].towards[end].remove(0);
                if self.budget.replays > 0 {
                    self.pipes[number].past[end].push(message.clone());
                }
                self.hear(number, end, &message);
            }
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
            Act::Close(window) => {
                self.budget.closes -= 1;
                self.upset = true;
                let steps = self.page(window).tell(|link, _| {
                    // Whether the peer hears of it is not what is asked here.
                    let _ = link.close(0, []);
                });
                self.carry_out(window, steps, None);
            }
            Act::Replay((number, end), at) => {
                self.budget.replays -= 1;
                let message = self.pipes[number].past[end][at].clone();
                if self.budget.replays == 0 {
                    for pipe in &mut self.pipes {
                        pipe.past = [vec![], vec![]];
                    }
                }
                self.hear(number, end, &message);
            }
            Act::Lose((number, end)) => {
                self.budget.losses -= 1;
                self.upset = true;
                self.pipes[number].towards[end].remove(0);
            }
            Act::Overtake((number, end), at) => {
                self.budget.overtakes -= 1;
                self.upset = true;
                let message = self.pipes[number].towards[end].remove(at);
                self.hear(number, end, &message);
            }
            Act::Forward((number, end)) => self.forward(number, end),
            Act::Use((number, end), seq) => self.call_over(number, end, seq),
            Act::Forge(forger, to, kind, nonce) => {
                self.budget.forgeries -= 1;
                self.forge(forger, to, kind, nonce);
            }
            Act::Speak((number, end), nonce) => self.speak(number, end, nonce),
            Act::Navigate(document) => self.navigate(scenario, document),
        }
        self.mail.sort();
    }

    pub(crate) fn post(&mut self, letter: Letter) {
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
            self.pipes[number].give_up(end);
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
            version: letter.version,
            name: letter.name,
            kind: letter.kind,
            mine: &if needs_nonce { text(letter.mine) } else { String::new() },
            yours: &letter.yours.map(text).unwrap_or_default(),
            shared: "",
            has_port: letter.port.is_some(),
        };
        let steps = self.page(letter.to).arrive(&arrival);
        // The one on the other side, whoever sent this.
        let peer = if letter.to == Window::Host { self.guest.origin } else { HOST };
        if !letter.fits(peer) {
            let answer = [Op::Post, Op::Pinned, Op::TakePort];
            self.broken.answered |= steps.iter().any(|(op, _, _)| answer.contains(op));
        }
        let took = steps.iter().any(|(op, _, _)| *op == Op::TakePort);
        if !took {
            self.lose_port(letter);
        }
        let to = letter.to;
        self.carry_out(to, steps, Some(letter));
    }

    fn hear(&mut self, number: usize, end: usize, (seq, ack, words, values): &Message) {
        let Holder::Page(id) = self.pipes[number].holders[end] else { return };
        let window = if id == self.host.id { Window::Host } else { Window::Frame };
        let page = self.page(window);
        let Some(door) = page.doors.iter().find(|door| door.end == (number, end)).cloned() else { return };
        let port = door.port;
        let was_open = page.session == Some(port);
        let steps = page.tell(|link, now| link.receive(now, port, *seq, *ack, words, *values));
        let did = |wanted: Op| steps.iter().any(|(op, _, _)| *op == wanted);
        let settled = steps.iter().any(|(op, f, _)| *op == Op::Settle && f[1] == 0);
        let (opened, ran) = (did(Op::Opened), did(Op::Invoke));
        let taken = did(Op::Name) || ran || settled;
        if was_open {
            // Numbers start anew with each port, so order is a matter of one port.
            let page = self.page(window);
            let due = page.last_taken + 1;
            if *seq == due {
                page.last_taken = due;
            }
            self.broken.order |= taken && *seq < due;
            self.broken.gap |= taken && *seq > due;
            self.replayed |= *seq < due;
        }
        if opened {
            let echoes = words.len() == 7 && words[3..] == door.echo;
            self.broken.witness |= !(door.vouched && echoes && *seq == 1);
        }
        if ran {
            let pipe = &self.pipes[number];
            self.broken.stranger |= pipe.tainted;
            self.served |= pipe.forwarded && pipe.spoken > 0;
        }
        self.carry_out(window, steps, None);
    }

    pub(crate) fn carry_out(&mut self, window: Window, steps: Vec<Step>, letter: Option<&Letter>) {
        let mut answers = Vec::new();
        for (op, f, tail) in steps {
            if self.page(window).closed && op != Op::Wake {
                self.broken.after_close = true;
            }
            match op {
                Op::Post => self.posted(window, &f, letter),
                Op::TakePort => self.take_port(window, f[0], letter),
                Op::ClosePort => {
                    let page = self.page(window);
                    let id = page.id;
                    let end = page.end_of(f[0]);
                    page.doors.retain(|door| door.port != f[0]);
                    if page.session == Some(f[0]) {
                        page.session = None;
                    }
                    if let Some((number, end)) = end
                        && self.pipes[number].holders[end] == Holder::Page(id)
                    {
                        self.pipes[number].give_up(end);
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
                    let holder = Holder::Page(page.id);
                    if let Some((number, end)) = page.end_of(f[0]) {
                        let pipe = &mut self.pipes[number];
                        let heard = !matches!(pipe.holders[1 - end], Holder::Nobody | Holder::Evil);
                        if heard && pipe.holders[end] == holder {
                            pipe.say(1 - end, (f[1], f[2], tail, values));
                        }
                    }
                }
                Op::Invoke => {
                    let page = self.page(window);
                    let (early, call) = (page.session.is_none(), f[4]);
                    let twice = call > 0 && !note(&mut page.handled, call);
                    self.broken.early |= early;
                    self.broken.twice |= twice;
                    answers.push(f[0]);
                }
                Op::Settle => {
                    let settled = note(&mut self.page(window).settled, f[0]);
                    self.broken.settled |= !settled;
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

    fn take_port(&mut self, window: Window, port: u32, letter: Option<&Letter>) {
        let Some((letter, (number, end))) = letter.and_then(|letter| letter.port.map(|end| (letter, end)))
        else {
            return;
        };
        let peer = if window == Window::Host { self.guest.origin } else { HOST };
        let page = self.page(window);
        let offer = letter.kind == Greeting::Offer.number();
        let door = Door {
            port,
            end: (number, end),
            vouched: letter.fits(peer),
            echo: if offer { letter.mine } else { page.mine },
        };
        page.doors.push(door);
        self.pipes[number].holders[end] = Holder::Page(self.page(window).id);
    }

    fn posted(&mut self, window: Window, f: &[u32], cause: Option<&Letter>) {
        let kind = f[0];
        let carries = kind == Greeting::Ready.number() || kind == Greeting::Offer.number();
        let star = f[1] == Target::Star.number();
        let empty = kind == Greeting::Hello.number() || kind == Greeting::Knock.number();
        self.broken.star |= star && (!empty || carries);
        let mine = [f[3], f[4], f[5], f[6]];
        let (exact, peer) = if window == Window::Host { (GUEST, self.guest.origin) } else { (HOST, HOST) };
        // An offer goes to one exact origin; of others, the greeting that was answered tells.
        let offer = kind == Greeting::Offer.number() && f[1] == Target::Exact.number();
        let vouched = offer || cause.is_some_and(|letter| letter.fits(peer));
        let port = carries.then(|| {
            let holder = Holder::Page(self.page(window).id);
            self.pipes.push(Pipe::new(holder, false));
            let number = self.pipes.len() - 1;
            let door = Door { port: f[2], end: (number, 0), vouched, echo: mine };
            self.page(window).doors.push(door);
            (number, 1)
        });
        let page = self.page(window);
        if kind != Greeting::Knock.number() && kind != Greeting::Offer.number() {
            page.mine = mine;
        }
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
            version: WIRE_VERSION,
            name: "",
            kind,
            mine,
            yours: (f[11] > 0).then_some([f[7], f[8], f[9], f[10]]),
            port,
        };
        self.post(letter);
    }
}
