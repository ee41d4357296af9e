//! Numbers that go round: what is earlier is told by the shorter way (RFC 1982, serial number arithmetic).

/// Whether `one` comes before `other`.
pub(super) const fn precedes(one: u32, other: u32) -> bool {
    one.wrapping_sub(other) > u32::MAX / 2
}
