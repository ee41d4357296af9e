use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::origin::{Origin, OriginError, OriginPattern};

/// Longest key pattern, in bytes.
const MAX_KEYS_BYTES: usize = 1024;

/// Something a page may do to a key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
#[repr(u8)]
pub enum Right {
    /// Read a value.
    Get = 1,
    /// See that a key exists.
    List = 8,
    /// Delete a value.
    Remove = 4,
    /// Write a value.
    Set = 2,
    /// Hear of changes.
    Watch = 16,
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Rights(u8);

impl Rights {
    /// All rights.
    pub const ALL: Self = Self(31);

    /// The set of these rights.
    #[must_use]
    pub fn of(rights: &[Right]) -> Self {
        Self(rights.iter().fold(0, |bits, &right| bits | right as u8))
    }

    /// The set that a number says, bit by bit as in [`Right`]; `None` for an unknown bit or an empty set.
    #[must_use]
    pub fn from_bits(bits: u32) -> Option<Self> {
        u8::try_from(bits).ok().filter(|&bits| bits != 0 && bits & !Self::ALL.0 == 0).map(Self)
    }

    /// Whether the set holds all rights of the other.
    #[must_use]
    pub const fn hold(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Which keys a grant covers: all (`*`), all below a name (`cart.*`), or one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct KeyPattern(Keys);

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Keys {
    All,
    /// The name with its dot.
    Below(String),
    One(String),
}

/// Why a grant is none.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum GrantError {
    /// The keys are empty, too long, hold a control character, or a `*` that is not `*` alone or a final `.*`.
    BadKeys,
    /// The origin is none.
    BadOrigin(OriginError),
    /// The rights are empty or unknown.
    BadRights,
}

impl GrantError {
    /// Stable code, also the `code` of the JavaScript error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BadOrigin(error) => error.code(),
            Self::BadKeys | Self::BadRights => "call/invalid",
        }
    }

    /// What is wrong, as the end of a sentence that begins with the grant.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadKeys => "has keys that are neither one key, nor a name with .* behind it, nor *",
            Self::BadOrigin(error) => error.reason(),
            Self::BadRights => "allows nothing, or something unknown",
        }
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl core::error::Error for GrantError {}

impl KeyPattern {
    /// Takes `*`, a name with `.*` behind it, or one key.
    ///
    /// # Errors
    ///
    /// `BadKeys`.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        if text == "*" {
            return Ok(Self(Keys::All));
        }
        let below = text.strip_suffix('*').filter(|name| name.len() > 1 && name.ends_with('.'));
        let name = below.unwrap_or(text);
        if name.is_empty()
            || name.len() > MAX_KEYS_BYTES
            || name.contains(|c: char| c == '*' || c.is_control())
        {
            return Err(GrantError::BadKeys);
        }
        let keys = if below.is_some() { Keys::Below } else { Keys::One };
        Ok(Self(keys(String::from(name))))
    }

    /// Whether the pattern covers a key. `cart.*` does not cover `cart` and `cart.`.
    #[must_use]
    pub fn covers(&self, key: &str) -> bool {
        match &self.0 {
            Keys::All => true,
            Keys::Below(name) => key.len() > name.len() && key.starts_with(name.as_str()),
            Keys::One(one) => one == key,
        }
    }
}

/// Who may do what to which keys.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a grant is exactly these three")]
pub struct Grant {
    /// The pages it is for.
    pub origin: OriginPattern,
    /// The keys it is about.
    pub keys: KeyPattern,
    /// What they may do.
    pub allow: Rights,
}

impl Grant {
    /// Takes the texts of a grant.
    ///
    /// # Errors
    ///
    /// All of [`GrantError`].
    pub fn parse(origin: &str, keys: &str, allow: u32) -> Result<Self, GrantError> {
        Ok(Self {
            origin: OriginPattern::parse(origin).map_err(GrantError::BadOrigin)?,
            keys: KeyPattern::parse(keys)?,
            allow: Rights::from_bits(allow).ok_or(GrantError::BadRights)?,
        })
    }
}

/// All grants of a hub. What none covers is denied.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Grants(Vec<Grant>);

/// Which grant is wrong, and why.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct InvalidGrant {
    /// Position in the list, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub error: GrantError,
}

impl Grants {
    /// Takes triples of origin pattern, key pattern and rights as a number.
    ///
    /// # Errors
    ///
    /// The first triple that is no [`Grant`].
    pub fn parse<'a>(
        triples: impl IntoIterator<Item = (&'a str, &'a str, u32)>,
    ) -> Result<Self, InvalidGrant> {
        let parse = |(index, (origin, keys, allow))| {
            Grant::parse(origin, keys, allow).map_err(|error| InvalidGrant { index, error })
        };
        triples.into_iter().enumerate().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a page may do this to this key.
    #[must_use]
    pub fn allow(&self, origin: &Origin, key: &str, right: Right) -> bool {
        let right = Rights::of(&[right]);
        self.0
            .iter()
            .any(|grant| grant.allow.hold(right) && grant.keys.covers(key) && grant.origin.matches(origin))
    }
}

impl FromIterator<Grant> for Grants {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        Self(grants.into_iter().collect())
    }
}
