//! Where this workspace is, and its cargo.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::error::{Error, Result};
use crate::process;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    // Cargo says at run time where the package is; the place at build time serves whoever starts the binary by itself.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = PathBuf::from(package);
    package.ancestors().nth(2).map_or_else(|| package.clone(), PathBuf::from)
}

/// A file of the workspace, named from its root.
pub(crate) fn file(name: &str) -> PathBuf {
    root().join(name)
}

/// The cargo that runs us, to be run in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = process::command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(arguments);
    cargo
}

/// The folder cargo builds into, wherever the developer's settings put it.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let metadata = process::text(&mut cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    target_folder_in(&metadata).ok_or_else(|| Error::from("`cargo metadata` names no target folder"))
}

fn target_folder_in(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once(r#""target_directory":""#)?;
    let (folder, _) = rest.split_once('"')?;
    Some(PathBuf::from(folder))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::target_folder_in;

    #[test]
    fn reads_the_target_folder_from_the_metadata() {
        let metadata = r#"{"packages":[],"target_directory":"/home/me/target","version":1}"#;
        assert_eq!(target_folder_in(metadata).as_deref(), Some(Path::new("/home/me/target")));
        assert_eq!(target_folder_in("{}"), None);
    }
}
