//! MIME types, as far as CORS needs them.

use alloc::string::String;

use crate::text::{before, cut, trim};

/// Type and subtype of a MIME type in lower case, or `None` when the text is no MIME type.
///
/// Spec: <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>. Parameters never make a text invalid,
/// so they are not read.
#[must_use]
pub fn essence(text: &str) -> Option<String> {
    // Space before the type and behind the subtype is dropped; elsewhere it is in no token.
    let essence = trim(before(text, b';'));
    let (kind, subtype) = cut(essence, b'/')?;
    let valid = is_token(kind) && is_token(subtype);
    valid.then(|| essence.to_ascii_lowercase())
}

/// Whether the text is an HTTP token: a method, a header name, half a MIME type.
///
/// Spec: <https://www.rfc-editor.org/rfc/rfc9110#name-tokens>
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| {
            b.is_ascii_alphanumeric()
                || matches!(
                    b,
                    b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
                )
        })
}
