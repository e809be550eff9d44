//! Programs of npm's registry that tests need.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const WHAT_TO_INSTALL: &str = "this test needs Node.js 20 or newer with npm in PATH; `cargo xtask test` and `cargo xtask acceptance` provide them";

/// The folder, beside the build, in which these files are and what their `package-lock.json` names. It is installed once.
pub(crate) fn installed(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    // Tests run at once, each in a process of its own.
    let turn = File::create(folder.join("turn")).unwrap();
    turn.lock().unwrap();
    let complete = folder.join("node_modules/complete");
    let is_current = files.iter().all(|(name, text)| fs::read_to_string(folder.join(name)).is_ok_and(|is| is == *text));
    if is_current && complete.is_file() {
        return folder;
    }
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    // By the authorities that the system trusts, as cargo does: a proxy's own may be among them.
    npm.env("NODE_USE_SYSTEM_CA", "1");
    let output = npm.output().unwrap_or_else(|error| panic!("npm: {error}; {WHAT_TO_INSTALL}"));
    assert!(
        output.status.success(),
        "npm cannot install {name}: {}; {WHAT_TO_INSTALL}, and a registry of npm that can be reached",
        String::from_utf8_lossy(&output.stderr)
    );
    File::create(complete).unwrap();
    folder
}
