//! The state: two pages, what travels between them, and what went wrong.

use portcullis::channel::limits::WIRE_VERSION;

use crate::page::{End, GUEST, HOST, OPAQUE, Page};

/// How often each thing may happen.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Budget {
    pub(crate) starts: u8,
    pub(crate) drops: u8,
    pub(crate) doubles: u8,
    pub(crate) forgeries: u8,
    pub(crate) navigations: u8,
    pub(crate) wakes: u8,
    pub(crate) calls: u8,
    pub(crate) closes: u8,
    /// Messages on a port that come once more, that never come, that come before an earlier one.
    pub(crate) replays: u8,
    pub(crate) losses: u8,
    pub(crate) overtakes: u8,
    /// Ports that the frame's page hands to the attacker.
    pub(crate) forwards: u8,
}

/// What is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) budget: Budget,
    /// The host allows more than one exact origin.
    pub(crate) wide: bool,
    /// The frame is sandboxed.
    pub(crate) opaque: bool,
    /// Who forges greetings.
    pub(crate) forgers: &'static [Forger],
}

/// Which window.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Window {
    Host,
    Frame,
}

/// What the frame shows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Document {
    Honest,
    Evil,
}

/// A greeting on its way.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Letter {
    pub(crate) to: Window,
    /// The target origin it was posted with; `None` for `*`.
    pub(crate) target: Option<&'static str>,
    pub(crate) trusted: bool,
    /// The receiver's number for the sender's window: 1 is the bound one.
    pub(crate) source: u32,
    pub(crate) origin: &'static str,
    pub(crate) version: u32,
    pub(crate) name: &'static str,
    pub(crate) kind: u32,
    pub(crate) mine: [u32; 4],
    pub(crate) yours: Option<[u32; 4]>,
    pub(crate) port: Option<End>,
}

/// Who holds an end of a channel.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Holder {
    /// An honest page, by its id.
    Page(u32),
    Travels,
    Evil,
    Nobody,
}

/// A message on a port: number, acknowledgement, words, values.
pub(crate) type Message = (u32, u32, Vec<u32>, u32);

/// A private channel with what travels towards each end.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Pipe {
    pub(crate) holders: [Holder; 2],
    pub(crate) towards: [Vec<Message>; 2],
    /// What has come to each end, as long as it may come again.
    pub(crate) past: [Vec<Message>; 2],
    /// The highest number that was said towards each end.
    pub(crate) top: [u32; 2],
    /// The attacker has held an end of it.
    pub(crate) tainted: bool,
    /// The frame's page gave its end away: whoever holds it may use it until the channel is closed.
    pub(crate) forwarded: bool,
    /// How often the attacker has spoken.
    pub(crate) spoken: u32,
}

/// What must never happen, as it was seen.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "one flag a property")]
pub(crate) struct Broken {
    pub(crate) early: bool,
    pub(crate) stranger: bool,
    pub(crate) order: bool,
    pub(crate) gap: bool,
    pub(crate) twice: bool,
    pub(crate) after_close: bool,
    pub(crate) ports: bool,
    pub(crate) star: bool,
    pub(crate) leaked: bool,
    pub(crate) settled: bool,
    pub(crate) witness: bool,
    pub(crate) answered: bool,
}

/// A forged greeting: from where, and what it says.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Forger {
    /// A page of the attacker's, in a window of its own.
    Stranger,
    /// A sibling frame of the allowed origin.
    Sibling,
    /// A script's synthetic event, with the right source and origin.
    Synthetic,
    /// The attacker's page in the bound window itself.
    Navigated,
    /// What is left is right in all but one thing: it comes from the bound window and an allowed origin,
    /// but its sender has not heard the nonce,
    Guess,
    /// is on another channel,
    Name,
    /// or speaks another version.
    Version,
}

/// The number that the attacker gives to a message on a port that it was handed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Number {
    Next,
    Used,
    Skipping,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Act {
    Start(Window),
    Deliver(usize),
    Drop(usize),
    Double(usize),
    Hear(End),
    Wake(Window),
    Call(Window),
    Close(Window),
    /// A message on a port comes once more.
    Replay(End, usize),
    /// It never comes.
    Lose(End),
    /// It comes before those ahead of it.
    Overtake(End, usize),
    /// The frame's page hands its end of a channel to the attacker.
    Forward(End),
    /// The attacker calls over it.
    Use(End, Number),
    /// Kind of greeting, and which of the nonces the attacker knows it answers.
    Forge(Forger, Window, u32, usize),
    /// The attacker speaks on a port it holds, answering one of the nonces it knows.
    Speak(End, usize),
    Navigate(Document),
}

/// Everything.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that has been seen")]
pub(crate) struct World {
    pub(crate) host: Page,
    pub(crate) guest: Page,
    pub(crate) frame: Document,
    pub(crate) mail: Vec<Letter>,
    pub(crate) pipes: Vec<Pipe>,
    pub(crate) budget: Budget,
    /// Nonces that the attacker has seen, after one that it made up.
    pub(crate) known: Vec<[u32; 4]>,
    pub(crate) broken: Broken,
    pub(crate) dropped: bool,
    pub(crate) navigated: bool,
    pub(crate) answered: bool,
    /// A message came twice to a session.
    pub(crate) replayed: bool,
    /// The attacker was served on a port that it was handed.
    pub(crate) served: bool,
    /// Something was done that may keep honest pages apart.
    pub(crate) upset: bool,
}

impl World {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let guest = if scenario.opaque { OPAQUE } else { GUEST };
        Self {
            host: Page::new(1, HOST, scenario.wide, scenario.opaque),
            guest: Page::new(2, guest, scenario.wide, scenario.opaque),
            frame: Document::Honest,
            mail: Vec::new(),
            pipes: Vec::new(),
            budget: scenario.budget,
            known: vec![[50, 6, 6, 6]],
            broken: Broken::default(),
            dropped: false,
            navigated: false,
            answered: false,
            replayed: false,
            served: false,
            upset: false,
        }
    }

    pub(crate) fn page(&mut self, window: Window) -> &mut Page {
        match window {
            Window::Host => &mut self.host,
            Window::Frame => &mut self.guest,
        }
    }

    pub(crate) fn both_open(&self) -> bool {
        match (joint(&self.host), joint(&self.guest)) {
            (Some((one, end)), Some((other, far))) => one == other && end != far,
            _ => false,
        }
    }

    /// Everything sent has arrived, nothing was lost or closed, and both pages are there.
    pub(crate) fn is_quiet(&self) -> bool {
        self.host.started
            && self.guest.started
            && self.frame == Document::Honest
            && !self.dropped
            && !self.navigated
            && !self.upset
            && self.mail.is_empty()
            && self.pipes.iter().all(|pipe| pipe.towards.iter().all(Vec::is_empty))
    }
}

impl Letter {
    /// Whether it passes every check that needs no nonce.
    pub(crate) fn fits(&self, peer: &'static str) -> bool {
        self.trusted
            && self.source == 1
            && self.origin == peer
            && self.version == WIRE_VERSION
            && self.name.is_empty()
    }
}

impl Pipe {
    pub(crate) const fn new(first: Holder, tainted: bool) -> Self {
        Self {
            holders: [first, Holder::Travels],
            towards: [vec![], vec![]],
            past: [vec![], vec![]],
            top: [0; 2],
            tainted,
            forwarded: false,
            spoken: 0,
        }
    }

    pub(crate) fn say(&mut self, end: usize, message: Message) {
        self.top[end] = self.top[end].max(message.0);
        self.towards[end].push(message);
    }

    /// The end is closed, or its page has gone.
    pub(crate) fn give_up(&mut self, end: usize) {
        self.holders[end] = Holder::Nobody;
        self.towards[end].clear();
        self.past[end].clear();
    }
}

/// The end of a channel that a page's session runs on.
fn joint(page: &Page) -> Option<End> {
    page.session.and_then(|port| page.end_of(port))
}

/// Adds to a set; false if it was there.
pub(crate) fn note(set: &mut Vec<u32>, id: u32) -> bool {
    let Err(at) = set.binary_search(&id) else { return false };
    set.insert(at, id);
    true
}
