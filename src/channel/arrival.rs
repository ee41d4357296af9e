//! A greeting as it arrived, and the kinds of peer that may send one.

use super::ops::Greeting;

/// What stands on the other side, and how it is met.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Role {
    /// Both sides have an origin: either may begin, the greater nonce makes the port.
    Window,
    /// The peer's origin is opaque: it makes the port, this side only knocks.
    OpaqueHost,
    /// This page's own origin is opaque: it makes the port.
    OpaqueChild,
    /// A port or worker: as `Window`, without origins.
    Port,
}

/// A greeting as the driver found it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Arrival<'a> {
    /// `isTrusted` of the event.
    pub trusted: bool,
    /// The driver's number for the window it came from; 0 for none.
    pub source: u32,
    /// `origin` of the event.
    pub origin: &'a str,
    /// The version it names.
    pub version: u32,
    /// The channel's name.
    pub name: &'a str,
    /// The number of a [`Greeting`].
    pub kind: u32,
    /// The sender's nonce, or empty.
    pub mine: &'a str,
    /// The nonce it answers, or empty.
    pub yours: &'a str,
    /// The secret that both sides of an opaque channel hold, or empty.
    pub shared: &'a str,
    /// Whether exactly one port came with it.
    pub has_port: bool,
}

impl Role {
    /// Whether a greeting of this kind makes sense for this kind of peer.
    pub(super) const fn expects(self, kind: Greeting) -> bool {
        match self {
            Self::Window | Self::Port => {
                matches!(kind, Greeting::Hello | Greeting::Welcome | Greeting::Ready)
            }
            Self::OpaqueHost => matches!(kind, Greeting::Offer),
            Self::OpaqueChild => matches!(kind, Greeting::Knock),
        }
    }
}
