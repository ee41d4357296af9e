use super::OriginError;
use crate::text::{decimal, pieces};

/// The host of an origin in canonical form: a name, an IPv4 address or an IPv6 address in brackets.
///
/// Spec: <https://url.spec.whatwg.org/#host-serializing>. Stricter than the URL standard in names:
/// labels hold letters, digits, `-` and `_`, are never empty (so there is no final dot) and keep the
/// lengths of DNS.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Host<'a> {
    text: &'a str,
    is_name: bool,
}

const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

impl<'a> Host<'a> {
    /// Takes a canonical host.
    ///
    /// # Errors
    ///
    /// `BadHost` for everything else, another spelling of an IP address included.
    pub fn parse(text: &'a str) -> Result<Self, OriginError> {
        let host = Self::known(text);
        let valid = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').is_some_and(is_canonical_ipv6),
            None if host.is_name => is_name(text),
            None => is_canonical_ipv4(text),
        };
        if valid { Ok(host) } else { Err(OriginError::BadHost) }
    }

    /// A text that is known to be a canonical host.
    pub(crate) fn known(text: &'a str) -> Self {
        Self { text, is_name: !text.starts_with('[') && !ends_in_a_number(text) }
    }

    /// The canonical text, with brackets around an IPv6 address.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether this is a name, not an IP address.
    #[must_use]
    pub const fn is_name(self) -> bool {
        self.is_name
    }

    /// Whether this is a name of `base` with at least one label more. IP addresses have no subdomains.
    #[must_use]
    pub fn is_subdomain_of(self, base: &str) -> bool {
        let labels = self.text.strip_suffix(base).and_then(|rest| rest.strip_suffix('.'));
        self.is_name && labels.is_some_and(|labels| !labels.is_empty())
    }

    /// Whether the host is the machine itself: `localhost`, its subdomains, `127.0.0.0/8`, `[::1]`.
    ///
    /// Spec: <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>
    #[must_use]
    pub fn is_loopback(self) -> bool {
        if self.is_name {
            self.text == "localhost" || self.is_subdomain_of("localhost")
        } else {
            self.text == "[::1]" || self.text.starts_with("127.")
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME_BYTES
        && pieces(text, b'.').all(|label| {
            (1..=MAX_LABEL_BYTES).contains(&label.len())
                && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        })
}

/// The URL standard's "ends in a number": such a host is an IPv4 address or nothing.
fn ends_in_a_number(text: &str) -> bool {
    let last = pieces(text, b'.').last().unwrap_or(text);
    match last.strip_prefix("0x") {
        Some(hex) => hex.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn is_canonical_ipv4(text: &str) -> bool {
    pieces(text, b'.').count() == 4
        && pieces(text, b'.').all(|part| decimal(part).is_some_and(|byte| byte < 256))
}

const PIECES: usize = 8;

/// Eight pieces without leading zeros, the first longest run of two or more zeros written `::`.
fn is_canonical_ipv6(text: &str) -> bool {
    let gap = text.as_bytes().windows(2).position(|pair| pair == b"::");
    let (head, tail) = match gap {
        Some(at) => (text.get(..at).unwrap_or(""), text.get(at + 2..)),
        None => (text, None),
    };
    let mut zeros = 0_u32;
    let Some(before) = read_pieces(head, 0, &mut zeros) else { return false };
    let Some(tail) = tail else {
        return before == PIECES && longest_run(zeros).1 < 2;
    };
    // Where the tail begins is known once its pieces are counted.
    let after = if tail.is_empty() { 0 } else { pieces(tail, b':').count() };
    let Some(gap) = PIECES.checked_sub(before + after) else { return false };
    if read_pieces(tail, before + gap, &mut zeros).is_none() {
        return false;
    }
    for at in before..before + gap {
        zeros |= 1 << at;
    }
    gap >= 2 && longest_run(zeros) == (before, gap)
}

/// Reads pieces joined by colons, marks the zeros, and counts them.
fn read_pieces(text: &str, from: usize, zeros: &mut u32) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    let mut count = 0;
    for piece in pieces(text, b':') {
        let plain = piece == "0" || !piece.starts_with('0');
        let hex = piece.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !(1..=4).contains(&piece.len()) || !plain || !hex || from + count >= PIECES {
            return None;
        }
        if piece == "0" {
            *zeros |= 1 << (from + count);
        }
        count += 1;
    }
    Some(count)
}

/// Start and length of the first longest run of set bits among the eight.
fn longest_run(zeros: u32) -> (usize, usize) {
    let (mut best, mut run) = ((0, 0), 0);
    for at in 0..PIECES {
        run = if zeros >> at & 1 == 1 { run + 1 } else { 0 };
        if run > best.1 {
            best = (at + 1 - run, run);
        }
    }
    best
}
