use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

/// Milliseconds: a point in time on the driver's own clock, or a span of it.
///
/// The clock must not run backwards; where it starts does not matter. A double, as the platform's own
/// `DOMHighResTimeStamp` is: plain JavaScript has no other number, and one of 64 bits is two there.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Millis(f64);

impl Millis {
    /// Later than every point in time, longer than every span.
    pub const NEVER: Self = Self(f64::INFINITY);

    /// This many milliseconds. What is no number or below zero counts as zero.
    #[must_use]
    pub const fn new(ms: f64) -> Self {
        if ms > 0.0 { Self(ms) } else { Self(0.0) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }

    /// The earlier or shorter of two.
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }

    /// The point in time this span later; never, if either is.
    #[must_use]
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0 + span.0)
    }

    /// The span since an earlier point in time; zero, if that was later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self::new(self.0 - earlier.0)
    }

    /// A span of this many milliseconds, where zero stands for no limit.
    #[must_use]
    pub const fn limit(ms: f64) -> Self {
        if ms > 0.0 { Self(ms) } else { Self::NEVER }
    }

    /// What the clock says.
    #[cfg(feature = "js")]
    pub(crate) const fn read(clock: f64) -> Self {
        Self(clock)
    }

    /// In whole milliseconds, none too few; `u32::MAX` for never and for what is as good as that.
    #[must_use]
    pub const fn rounded_up(self) -> u32 {
        let whole = saturated(self.0);
        if (whole as f64) < self.0 { whole.saturating_add(1) } else { whole }
    }
}

/// A number cut to 32 bits; zero for what is below zero or no number.
///
/// A bare cast means the same, but not in plain JavaScript: binaryen lowers it to one that gives zero for
/// what is too large.
#[must_use]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the bound stands before the cast"
)]
pub(crate) const fn saturated(number: f64) -> u32 {
    if number >= u32::MAX as f64 { u32::MAX } else { number as u32 }
}

// No value is NaN or has a sign.
impl Eq for Millis {}

#[allow(clippy::derive_ord_xor_partial_ord, reason = "both are right, and the derived operators are small")]
impl Ord for Millis {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Millis {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::Millis;

    #[test]
    fn never_stays_never_whatever_is_added_or_taken_away() {
        let later = Millis::new(5.0);
        assert_eq!(Millis::NEVER.plus(later), Millis::NEVER);
        assert_eq!(later.plus(Millis::NEVER), Millis::NEVER);
        assert_eq!(Millis::NEVER.since(later), Millis::NEVER);
        assert_eq!(later.since(Millis::NEVER), Millis::new(0.0));
        assert_eq!(Millis::NEVER.since(Millis::NEVER), Millis::new(0.0));
    }

    #[test]
    fn what_is_no_time_counts_as_zero() {
        for ms in [f64::NAN, -0.0, -1.0, f64::NEG_INFINITY] {
            assert_eq!(Millis::new(ms), Millis::new(0.0));
            assert_eq!(Millis::limit(ms), Millis::NEVER);
        }
    }

    #[test]
    fn a_timer_is_never_set_too_early() {
        #[rustfmt::skip]
        let table = [
            (0.0, 0), (0.1, 1), (1.0, 1), (249.000_1, 250), (4e9, 4_000_000_000),
            (4_294_967_294.5, u32::MAX), (1e12, u32::MAX), (f64::INFINITY, u32::MAX),
        ];
        for (ms, whole) in table {
            assert_eq!(Millis::new(ms).rounded_up(), whole, "{ms}");
        }
    }
}
