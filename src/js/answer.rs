//! Answers as texts of lines: the first is empty, or an error's code with the message behind it.

use alloc::string::String;

use crate::text::add;

pub(super) fn fine(lines: &[&str]) -> String {
    let mut answer = String::new();
    for line in lines {
        add(&mut answer, "\n");
        add(&mut answer, line);
    }
    answer
}

pub(super) fn refused(code: &str, reason: &str) -> String {
    [code, "\n", reason].concat()
}

/// Appends a number. The formatting of the standard library would cost more than all else here.
pub(super) fn push_number(out: &mut String, number: u32) {
    if number > 9 {
        push_number(out, number / 10);
    }
    out.push(char::from_digit(number % 10, 10).unwrap_or('0'));
}
