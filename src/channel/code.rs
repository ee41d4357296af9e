//! The numbers that stand for a word on the wire or at the border.

/// Declares an enum whose variants have fixed numbers, and the table of them.
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        #[repr(u32)]
        pub enum $name { $($(#[$what])* $variant = $number),+ }

        impl $name {
            /// Every variant with its name, in the order of their numbers.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, stringify!($variant))),+];

            /// The number that stands for it.
            #[must_use]
            pub const fn number(self) -> u32 {
                self as u32
            }

            /// What a number stands for.
            #[must_use]
            pub const fn from_number(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use codes;
