//! The binary `live`.

fn main() {}
