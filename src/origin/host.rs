use super::OriginError;
use crate::text::{cut_bytes as cut, number};

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
        let is_name = is_name(text.as_bytes()).ok_or(OriginError::BadHost)?;
        Ok(Self { text, is_name })
    }

    /// A text that is known to be a canonical host.
    pub(crate) fn known(text: &'a str) -> Self {
        let last = text.bytes().rposition(|b| b == b'.').and_then(|dot| text.as_bytes().get(dot + 1..));
        let is_name = !text.starts_with('[') && !is_number(last.unwrap_or(text.as_bytes()));
        Self { text, is_name }
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

/// Whether a canonical host is a name, and not an IP address; `None` for what is no canonical host.
pub(super) fn is_name(host: &[u8]) -> Option<bool> {
    if let [b'[', address @ .., b']'] = host {
        return is_canonical_ipv6(address).then_some(false);
    }
    let (mut labels, mut octets) = (0, 0);
    let mut rest = Some(host);
    let mut last: &[u8] = host;
    while let Some(from) = rest {
        (last, rest) = cut(from, b'.');
        let valid = last.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if !valid || last.is_empty() || last.len() > MAX_LABEL_BYTES {
            return None;
        }
        labels += 1;
        octets += i32::from(number(last).is_some_and(|octet| octet < 256));
    }
    let ends_in_a_number = is_number(last);
    let fits = if ends_in_a_number { labels == 4 && octets == 4 } else { host.len() <= MAX_NAME_BYTES };
    fits.then_some(!ends_in_a_number)
}

/// The URL standard's "ends in a number", asked of the last label: such a host is an IPv4 address or nothing.
fn is_number(last: &[u8]) -> bool {
    match last {
        [b'0', b'x', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

const PIECES: usize = 8;

/// Eight pieces without leading zeros, the first longest run of two or more zeros written `::`.
fn is_canonical_ipv6(text: &[u8]) -> bool {
    // The gap is one empty piece, also at an end, where it would be two.
    let text = match text {
        [b':', b':'] => return true,
        [b':', rest @ ..] if rest.first() == Some(&b':') => rest,
        [rest @ .., b':'] if rest.last() == Some(&b':') => rest,
        [] | [b':', ..] | [.., b':'] => return false,
        _ => text,
    };
    let written = text.iter().fold(1, |pieces, &b| pieces + usize::from(b == b':'));
    let (mut count, mut run, mut longest) = (0, 0, 1);
    let (mut has_gap, mut gap_is_longest) = (false, false);
    let mut rest = Some(text);
    while let Some(from) = rest {
        let piece;
        (piece, rest) = cut(from, b':');
        let is_gap = piece.is_empty();
        let width = if is_gap { (PIECES + 1).saturating_sub(written) } else { 1 };
        let zero = is_gap || piece == b"0";
        let hex = piece.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hex || piece.len() > 4 || (has_gap && is_gap) || (!zero && piece.first() == Some(&b'0')) {
            return false;
        }
        has_gap |= is_gap;
        count += width;
        run = if zero { run + width } else { 0 };
        if run > longest {
            longest = run;
            // A zero beside the gap would belong to it.
            gap_is_longest = is_gap && run == width;
        }
    }
    count == PIECES && gap_is_longest == has_gap && (has_gap || longest < 2)
}
