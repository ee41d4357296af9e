//! Paths that every program reads in the same way.

use alloc::string::String;

use super::super::url::HttpUrl;
use super::ProxyError;
use crate::requests::form::hex;
use crate::text::{before, cut, pieces};

/// Whether a text is a folder made of letters that mean nothing in any configuration file.
pub(super) fn is_plain_folder(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'.' | b'_' | b'~');
    text.starts_with('/') && text.ends_with('/') && text.bytes().all(plain) && check(text).is_ok()
}

/// Checks a path with its query. The query is only checked for characters.
pub(super) fn check(text: &str) -> Result<(), ProxyError> {
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ProxyError::BadCharacter);
    }
    let path = before(text, b'?');
    if cut(path, b'\\').is_some() {
        return Err(ProxyError::BadCharacter);
    }
    let below = path.strip_prefix('/').ok_or(ProxyError::NoRoute)?;
    let mut was_empty = false;
    for segment in pieces(below, b'/') {
        // Only the last one may be empty: the path ends with a slash.
        if was_empty {
            return Err(ProxyError::EmptySegment);
        }
        was_empty = segment.is_empty();
        check_segment(segment)?;
    }
    Ok(())
}

fn check_segment(segment: &str) -> Result<(), ProxyError> {
    let mut before_semicolon = None;
    let mut bytes = segment.bytes();
    let mut decoded = 0;
    while let Some(byte) = bytes.next() {
        let mut plain = byte;
        if byte == b'%' {
            plain = escaped(&mut bytes).ok_or(ProxyError::BadEscape)?;
            // Encoded once more, a percent sign hides what a second decoder would see.
            let hidden = plain == b'%' && escaped(&mut bytes.clone()).is_some();
            if hidden || matches!(plain, b'.' | b'/' | b'\\') || plain.is_ascii_control() {
                return Err(ProxyError::EncodedSeparator);
            }
        }
        if plain == b';' && before_semicolon.is_none() {
            before_semicolon = Some(decoded);
        }
        decoded += 1;
    }
    // Some servers drop what follows a semicolon, and then see a dot segment. Dots are never encoded here.
    match (before_semicolon.unwrap_or(decoded), segment.as_bytes()) {
        (1, [b'.', ..]) | (2, [b'.', b'.', ..]) => Err(ProxyError::DotSegment),
        _ => Ok(()),
    }
}

fn escaped(bytes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    let high = hex(bytes.next())?;
    Some(high << 4 | hex(bytes.next())?)
}

/// The absolute address a `Location` means; dot segments are left in it.
pub(super) fn resolve_reference(base: &HttpUrl<'_>, location: &str) -> Option<String> {
    let origin = base.origin_str();
    let bytes = location.as_bytes();
    // A colon before any slash, question mark or number sign ends a scheme.
    let special = bytes.iter().find(|b| matches!(b, b'/' | b'?' | b'#' | b':'));
    let (start, middle) = match (bytes, special) {
        // Nothing but a fragment means the address that was just asked.
        ([] | [b'#', ..], _) => return None,
        ([b'/', b'/', ..], _) => (base.scheme(), ":"),
        ([b'/', ..], _) => (origin, ""),
        ([b'?', ..], _) => (origin, base.path()),
        (_, Some(b':')) => ("", ""),
        _ => {
            let last = base.path().bytes().rposition(|b| b == b'/')?;
            (origin, base.path().get(..=last)?)
        }
    };
    Some([start, middle, location].concat())
}
