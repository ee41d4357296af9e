//! `window.name` as a letter box: the text in it, and the steps of the page that asks.
//!
//! A name is public: the embedder writes it, some engines keep it when the window goes elsewhere. So a
//! text counts only with the nonce of its exchange, no address is ever taken from it, and whoever reads
//! it empties it.

use alloc::string::String;
use core::fmt;

use crate::text::{cut, pieces};

/// First characters of every text.
const TAG: &str = "portcullis/1";
/// A nonce is 128 bits in lower-case hexadecimal digits.
const NONCE_BYTES: usize = 32;
/// Longest return path, in bytes.
const MAX_PATH_BYTES: usize = 2048;

/// Why a text is not written or not read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum WindowNameError {
    /// The text is not of this exchange, or its nonce or its return path is none.
    Malformed,
    /// The text is longer than the limit.
    TooLarge,
}

impl WindowNameError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "window-name/malformed",
            Self::TooLarge => "window-name/too-large",
        }
    }

    /// What is wrong, as the end of a sentence that begins with the text.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "is no text of this exchange",
            Self::TooLarge => "is longer than maxBytes",
        }
    }
}

impl fmt::Display for WindowNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for WindowNameError {}

/// What a name carries.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Letter<'a> {
    /// The handler of the other page threw.
    Failed {
        /// The nonce of the request.
        nonce: &'a str,
        /// The message, as JSON.
        data: &'a str,
    },
    /// A question.
    Request {
        /// Fresh for each exchange.
        nonce: &'a str,
        /// Where to return: path and query only. Whose path it is, is not for the text to say.
        return_path: &'a str,
        /// The question, as JSON.
        data: &'a str,
    },
    /// An answer.
    Response {
        /// The nonce of the request.
        nonce: &'a str,
        /// The answer, as JSON.
        data: &'a str,
    },
}

impl<'a> Letter<'a> {
    /// The letter as a text: tag, kind, nonce and return path in one line, the data behind it.
    ///
    /// # Errors
    ///
    /// `TooLarge` above `max_bytes`, `Malformed` for a nonce or a return path that is none.
    pub fn write(&self, max_bytes: usize) -> Result<String, WindowNameError> {
        let (kind, nonce, path, data) = match *self {
            Self::Failed { nonce, data } => ("failed", nonce, "", data),
            Self::Request { nonce, return_path, data } => ("request", nonce, return_path, data),
            Self::Response { nonce, data } => ("response", nonce, "", data),
        };
        let joint = if path.is_empty() { "" } else { " " };
        let text = [TAG, " ", kind, " ", nonce, joint, path, "\n", data].concat();
        Letter::read(&text, max_bytes)?;
        Ok(text)
    }

    /// Reads a text.
    ///
    /// # Errors
    ///
    /// `TooLarge` above `max_bytes`, else `Malformed`.
    pub fn read(text: &'a str, max_bytes: usize) -> Result<Self, WindowNameError> {
        if text.len() > max_bytes {
            return Err(WindowNameError::TooLarge);
        }
        Self::split(text).ok_or(WindowNameError::Malformed)
    }

    fn split(text: &'a str) -> Option<Self> {
        let (head, data) = cut(text, b'\n')?;
        let mut words = pieces(head, b' ');
        let (tag, kind, nonce, path) = (words.next()?, words.next()?, words.next()?, words.next());
        let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if tag != TAG || nonce.len() != NONCE_BYTES || !nonce.bytes().all(hex) || words.next().is_some() {
            return None;
        }
        match (kind, path) {
            ("failed", None) => Some(Self::Failed { nonce, data }),
            ("request", Some(return_path)) if is_local_path(return_path) => {
                Some(Self::Request { nonce, return_path, data })
            }
            ("response", None) => Some(Self::Response { nonce, data }),
            _ => None,
        }
    }
}

/// One path on the server it came from: `//host` and `/\host` would be another server.
fn is_local_path(text: &str) -> bool {
    text.len() <= MAX_PATH_BYTES
        && text.starts_with('/')
        && !text.starts_with("//")
        && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'#')
}

/// What the asking page does when its frame is back on a page of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Step<'a> {
    /// Empty the name, end with the other page's error (JSON text).
    Fail(&'a str),
    /// Empty the name, end with the answer (JSON text).
    Settle(&'a str),
    /// Nothing: the request still stands there.
    Wait,
}

impl<'a> Step<'a> {
    /// Reads the name of a frame that was asked with this nonce.
    ///
    /// The exchange: a hidden frame gets the request as its name and goes to the other page; that page reads
    /// and empties the name, puts its answer there, and goes back to the return path; only then can the
    /// asking page read the name, and every `load` of the frame there is one call of this.
    ///
    /// # Errors
    ///
    /// `TooLarge` above `max_bytes`; `Malformed` for a name that is neither the request of this exchange nor its
    /// answer: something else wrote it.
    pub fn read(name: &'a str, nonce: &str, max_bytes: usize) -> Result<Self, WindowNameError> {
        match Letter::read(name, max_bytes)? {
            Letter::Response { nonce: echo, data } if echo == nonce => Ok(Self::Settle(data)),
            Letter::Failed { nonce: echo, data } if echo == nonce => Ok(Self::Fail(data)),
            Letter::Request { nonce: own, .. } if own == nonce => Ok(Self::Wait),
            _ => Err(WindowNameError::Malformed),
        }
    }
}
