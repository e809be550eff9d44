//! Builds again when a migration comes or changes: they are compiled in.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
