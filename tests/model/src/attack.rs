//! What the attacker may do, besides losing, doubling and holding back what travels.

use portcullis::channel::{
    frame::{Frame, Kind},
    limits::WIRE_VERSION,
    ops::Greeting,
};

use crate::{
    page::{EVIL, End, HOST, Page},
    world::{Act, Document, Forger, Holder, Letter, Message, Number, Pipe, Scenario, Window, World},
};

const KINDS: [Greeting; 5] =
    [Greeting::Hello, Greeting::Welcome, Greeting::Ready, Greeting::Knock, Greeting::Offer];

impl World {
    pub(crate) fn attacks(&self, scenario: &Scenario, actions: &mut Vec<Act>) {
        for (number, pipe) in self.pipes.iter().enumerate() {
            for end in 0..2 {
                self.port_attacks(pipe, (number, end), actions);
            }
        }
        if self.budget.forgeries > 0 {
            for &forger in scenario.forgers {
                self.forgeries(forger, actions);
            }
        }
        if self.budget.navigations > 0 && self.guest.started {
            actions.push(Act::Navigate(Document::Honest));
            if self.frame == Document::Honest {
                actions.push(Act::Navigate(Document::Evil));
            }
        }
    }

    fn port_attacks(&self, pipe: &Pipe, (number, end): End, actions: &mut Vec<Act>) {
        let at = (number, end);
        if matches!(pipe.holders[end], Holder::Page(_)) {
            let waiting = pipe.towards[end].len();
            if self.budget.losses > 0 && waiting > 0 {
                actions.push(Act::Lose(at));
            }
            if self.budget.overtakes > 0 {
                actions.extend((1..waiting).map(|place| Act::Overtake(at, place)));
            }
            if self.budget.replays > 0 {
                actions.extend((0..pipe.past[end].len()).map(|place| Act::Replay(at, place)));
            }
            if self.budget.forwards > 0 && pipe.holders[end] == Holder::Page(self.guest.id) {
                actions.push(Act::Forward(at));
            }
        }
        if pipe.holders[end] == Holder::Evil && pipe.spoken < 2 {
            if pipe.forwarded {
                actions.extend(
                    [Number::Next, Number::Used, Number::Skipping].map(|number| Act::Use(at, number)),
                );
            } else {
                actions.extend((0..self.known.len()).map(|nonce| Act::Speak(at, nonce)));
            }
        }
    }

    fn forgeries(&self, forger: Forger, actions: &mut Vec<Act>) {
        if forger == Forger::Navigated && self.frame == Document::Honest {
            return;
        }
        // A sibling and a navigated frame send to the page around them.
        let both = !matches!(forger, Forger::Navigated | Forger::Sibling);
        for kind in KINDS {
            let guess = forger == Forger::Guess;
            if guess && !matches!(kind, Greeting::Welcome | Greeting::Ready) {
                continue;
            }
            for nonce in 0..if guess { 1 } else { self.known.len() } {
                actions.push(Act::Forge(forger, Window::Host, kind.number(), nonce));
                if both {
                    actions.push(Act::Forge(forger, Window::Frame, kind.number(), nonce));
                }
            }
        }
    }

    /// A port of an honest page that the attacker was handed.
    fn handed(&self) -> Option<End> {
        let of = |pipe: &Pipe| pipe.holders.iter().position(|holder| *holder == Holder::Evil);
        let mut pipes = self.pipes.iter().enumerate();
        pipes.find_map(|(number, pipe)| of(pipe).filter(|_| pipe.forwarded).map(|end| (number, end)))
    }

    pub(crate) fn forward(&mut self, number: usize, end: usize) {
        self.budget.forwards -= 1;
        self.upset = true;
        let pipe = &mut self.pipes[number];
        // What had come for the page is the attacker's to read.
        pipe.give_up(end);
        pipe.holders[end] = Holder::Evil;
        pipe.forwarded = true;
    }

    /// A call over a port that the attacker was handed.
    pub(crate) fn call_over(&mut self, number: usize, end: usize, seq: Number) {
        let pipe = &mut self.pipes[number];
        pipe.spoken += 1;
        let top = pipe.top[1 - end];
        let seq = match seq {
            Number::Next => top + 1,
            Number::Used => top,
            Number::Skipping => top + 2,
        };
        pipe.say(1 - end, call(seq));
    }

    pub(crate) fn forge(&mut self, forger: Forger, to: Window, kind: u32, nonce: usize) {
        let peer = if to == Window::Host { self.guest.origin } else { HOST };
        let (trusted, source, origin) = match forger {
            Forger::Stranger => (true, 9, EVIL),
            Forger::Sibling => (true, 8, peer),
            Forger::Synthetic => (false, 1, peer),
            Forger::Navigated => (true, 1, EVIL),
            Forger::Guess | Forger::Name => (true, 1, peer),
            Forger::Version => {
                // Whoever is in the bound window cannot be met: the channel is closed with that reason.
                self.upset = true;
                (true, 1, peer)
            }
        };
        let carries = kind == Greeting::Ready.number() || kind == Greeting::Offer.number();
        let port = carries.then(|| {
            if let Some((number, end)) = self.handed() {
                // One that it was given is passed on.
                self.pipes[number].holders[end] = Holder::Travels;
                return (number, end);
            }
            self.pipes.push(Pipe::new(Holder::Evil, true));
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
            version: if forger == Forger::Version { WIRE_VERSION + 1 } else { WIRE_VERSION },
            name: if forger == Forger::Name { "another" } else { "" },
            kind,
            mine,
            yours: (kind != Greeting::Hello.number()).then_some(yours),
            port,
        });
    }

    /// An opening that answers a nonce, then a call, on a port that the attacker holds.
    pub(crate) fn speak(&mut self, number: usize, end: usize, nonce: usize) {
        let pipe = &mut self.pipes[number];
        pipe.spoken += 1;
        let [a, b, c, d] = self.known[nonce];
        let message: Message =
            if pipe.spoken == 1 { (1, 0, vec![1, WIRE_VERSION, 0, a, b, c, d], 0) } else { call(2) };
        pipe.say(1 - end, message);
    }

    pub(crate) fn navigate(&mut self, scenario: &Scenario, document: Document) {
        self.budget.navigations -= 1;
        self.navigated = true;
        if self.frame == Document::Honest {
            // Some engines lose the goodbye of a page that goes: then the ports just die.
            for pipe in &mut self.pipes {
                for end in 0..2 {
                    if pipe.holders[end] == Holder::Page(self.guest.id) {
                        pipe.give_up(end);
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
}

/// A name, and a call of it without arguments.
fn call(seq: u32) -> Message {
    let mut words = Vec::new();
    Frame::new(Kind::Name, 0, 0, 1).encode(&mut words);
    Frame::new(Kind::Call, 0, 0, 0).encode(&mut words);
    (seq, 0, words, 1)
}
