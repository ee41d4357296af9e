//! The playground server.

fn main() {}
