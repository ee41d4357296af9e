/// Milliseconds: a point in time on the driver's own clock, or a span of it.
///
/// The clock must not run backwards; where it starts does not matter.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Millis(pub u64);

impl Millis {
    /// Later than every point in time, longer than every span.
    pub const NEVER: Self = Self(u64::MAX);

    /// The point in time this span later; never, if either is.
    #[must_use]
    pub const fn plus(self, span: Self) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The span since an earlier point in time; zero, if that was later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }

    /// A span in which zero stands for no limit.
    #[must_use]
    pub const fn zero_is_never(self) -> Self {
        if self.0 == 0 { Self::NEVER } else { self }
    }
}
