//! Reads the operations that a link writes.

use crate::channel::ops::Op;

/// One operation with its fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) op: Op,
    fields: &'a [u32],
    /// What follows the fields: the words of a message, or pairs of (kind, id).
    pub(super) tail: &'a [u32],
}

impl Step<'_> {
    /// The field at this position of the operation's table; 0 where the table has none.
    pub(super) fn field(&self, position: usize) -> u32 {
        self.fields.get(position).copied().unwrap_or(0)
    }
}

/// The operations in a buffer that a link has written.
pub(super) fn steps(mut words: &[u32]) -> impl Iterator<Item = Step<'_>> {
    core::iter::from_fn(move || {
        let (&number, rest) = words.split_first()?;
        let op = Op::from_number(number)?;
        let names = op.fields();
        let (fields, rest) = rest.split_at_checked(names.len())?;
        let last = fields.last().map_or(0, |&last| last as usize);
        let tail = match names.last() {
            Some(&"n") => last,
            Some(&"k") => last * 2,
            _ => 0,
        };
        let (tail, rest) = rest.split_at_checked(tail)?;
        words = rest;
        Some(Step { op, fields, tail })
    })
}
