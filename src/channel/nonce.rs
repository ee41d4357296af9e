/// 128 random bits that name one side of one attempt to meet.
///
/// The driver supplies them from a cryptographic source. As text they are 32 lower-case
/// hexadecimal digits, the first word first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Nonce(pub [u32; 4]);

impl Nonce {
    /// Takes the text form; any other spelling is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 {
            return None;
        }
        let mut words = [0_u32; 4];
        let mut digits = text.bytes();
        for word in &mut words {
            for digit in digits.by_ref().take(8) {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return None,
                };
                *word = *word << 4 | u32::from(value);
            }
        }
        Some(Self(words))
    }
}
