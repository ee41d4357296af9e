//! The state: two pages, what travels between them, and what went wrong.

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
    /// The attacker has held an end of it.
    pub(crate) tainted: bool,
    /// The attacker's next message number, and how often it has spoken.
    pub(crate) spoken: u32,
}

/// What must never happen, as it was seen.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "one flag a property")]
pub(crate) struct Broken {
    pub(crate) early: bool,
    pub(crate) stranger: bool,
    pub(crate) order: bool,
    pub(crate) twice: bool,
    pub(crate) after_close: bool,
    pub(crate) ports: bool,
    pub(crate) star: bool,
    pub(crate) leaked: bool,
    pub(crate) settled: bool,
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
    /// Kind of greeting, and which of the nonces the attacker knows it answers.
    Forge(Forger, Window, u32, usize),
    /// The attacker speaks on a port it holds, answering one of the nonces it knows.
    Speak(End, usize),
    Navigate(Document),
}

/// Everything.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
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

    /// Everything sent has arrived, nothing was lost, and both pages are there.
    pub(crate) fn is_quiet(&self) -> bool {
        self.host.started
            && self.guest.started
            && self.frame == Document::Honest
            && !self.dropped
            && !self.navigated
            && self.mail.is_empty()
            && self.pipes.iter().all(|pipe| pipe.towards.iter().all(Vec::is_empty))
    }
}

/// The end of a channel that a page's session runs on.
fn joint(page: &Page) -> Option<End> {
    page.session.and_then(|port| page.end_of(port))
}
