//! Writing operations, with as little code as can be at each of the many places that do it.

use alloc::vec::Vec;

use super::ops::Op;

/// Appends an operation and the first `count` of six fields.
#[allow(clippy::many_single_char_names, reason = "what they are depends on `op`")]
#[inline(never)]
#[allow(clippy::too_many_arguments, reason = "an array would be built in memory at every caller")]
pub(super) fn write(
    out: &mut Vec<u32>,
    op: Op,
    count: usize,
    a: u32,
    b: u32,
    c: u32,
    d: u32,
    e: u32,
    f: u32,
) {
    let words = [op.number(), a, b, c, d, e, f];
    out.extend(words.iter().take(count + 1));
}

/// `put!(out, Op, fields…)` appends an operation of up to six fields.
macro_rules! put {
    ($out:expr, $op:ident) => { put!(@ $out, $op, 0, 0, 0, 0, 0, 0, 0) };
    ($out:expr, $op:ident, $a:expr) => { put!(@ $out, $op, 1, $a, 0, 0, 0, 0, 0) };
    ($out:expr, $op:ident, $a:expr, $b:expr) => { put!(@ $out, $op, 2, $a, $b, 0, 0, 0, 0) };
    ($out:expr, $op:ident, $a:expr, $b:expr, $c:expr) => { put!(@ $out, $op, 3, $a, $b, $c, 0, 0, 0) };
    ($out:expr, $op:ident, $a:expr, $b:expr, $c:expr, $d:expr) => { put!(@ $out, $op, 4, $a, $b, $c, $d, 0, 0) };
    ($out:expr, $op:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => {
        put!(@ $out, $op, 5, $a, $b, $c, $d, $e, 0)
    };
    ($out:expr, $op:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr) => {
        put!(@ $out, $op, 6, $a, $b, $c, $d, $e, $f)
    };
    (@ $out:expr, $op:ident, $n:literal, $($field:expr),+) => {
        $crate::channel::write::write($out, $crate::channel::ops::Op::$op, $n, $($field),+)
    };
}

pub(super) use put;
