//! MIME types, as far as CORS needs them.

use alloc::string::String;

/// Type and subtype of a MIME type in lower case, or `None` when the text is no MIME type.
///
/// Spec: <https://mimesniff.spec.whatwg.org/#parse-a-mime-type>. Parameters never make a text invalid,
/// so they are not read.
#[must_use]
pub fn essence(text: &str) -> Option<String> {
    let text = text.trim_matches(is_http_space);
    let (essence, _) = text.split_once(';').unwrap_or((text, ""));
    let (kind, subtype) = essence.split_once('/')?;
    let subtype = subtype.trim_end_matches(is_http_space);
    let valid = is_token(kind) && is_token(subtype);
    valid.then(|| [kind, "/", subtype].concat().to_ascii_lowercase())
}

/// Whether the text is an HTTP token: a method, a header name, half a MIME type.
///
/// Spec: <https://www.rfc-editor.org/rfc/rfc9110#name-tokens>
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

const fn is_http_space(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' ')
}
