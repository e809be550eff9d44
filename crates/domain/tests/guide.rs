//! The code of docs/embedding.md is that of the examples, which are compiled and tested.

const GUIDE: &str = include_str!("../../../docs/embedding.md");
const EXAMPLES: [&str; 4] = [
    include_str!("../examples/own_store/store.rs"),
    include_str!("../examples/own_store/talks.rs"),
    include_str!("../examples/own_store/main.rs"),
    include_str!("../examples/own_service/main.rs"),
];

/// The blocks of Rust, without the line that names their file.
fn blocks() -> Vec<&'static str> {
    let blocks = GUIDE.split("\n```rust\n// ").skip(1);
    blocks.filter_map(|rest| rest.split("```\n").next()?.split_once('\n')).map(|(_file, code)| code).collect()
}

#[test]
fn every_block_of_the_guide_ends_an_example() {
    // An example that shares a module with another says where it is; a reader's own program has it beside itself.
    let without_paths = |example: &str| -> String {
        example.split_inclusive('\n').filter(|line| !line.starts_with("#[path = ")).collect()
    };
    let examples = EXAMPLES.map(without_paths);
    let blocks = blocks();
    assert_eq!(blocks.len(), EXAMPLES.len());
    for block in blocks {
        assert!(examples.iter().any(|example| example.ends_with(block)), "no example ends like this:\n{block}");
    }
}
