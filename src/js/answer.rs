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
