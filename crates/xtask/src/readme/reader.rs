//! The shell of somebody who has just cloned the repository.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};
use crate::process;
use crate::scratch::ScratchFolder;
use crate::workspace;

/// Somebody with a home folder that is empty but for the Rust toolchain's folders.
#[derive(Debug)]
pub(super) struct Reader {
    home: ScratchFolder,
    cargo_home: OsString,
    rustup_home: OsString,
}

impl Reader {
    pub(super) fn new() -> Result<Self> {
        let home = ScratchFolder::new("readme")?;
        Ok(Self { home, cargo_home: kept("CARGO_HOME", ".cargo")?, rustup_home: kept("RUSTUP_HOME", ".rustup")? })
    }

    /// A command line in the workspace's root.
    pub(super) fn bash(&self, line: &str) -> Command {
        let home = self.home.path();
        let mut command = process::command("bash");
        command.args(["-c", line]).current_dir(workspace::root()).stdin(Stdio::null());
        command.env("HOME", home).env("XDG_STATE_HOME", home.join("state"));
        command.env("CARGO_HOME", &self.cargo_home).env("RUSTUP_HOME", &self.rustup_home);
        command.env("DATABASE_URL", format!("sqlite:{}", home.join("live.db").display()));
        command
    }
}

/// The folder of a tool that would look for it in the home folder otherwise.
fn kept(variable: &str, default: &str) -> Result<OsString> {
    if let Some(folder) = env::var_os(variable) {
        return Ok(folder);
    }
    let home = env::var_os("HOME")
        .ok_or_else(|| Error::from(format!("neither {variable} nor HOME is set; set HOME to your home folder")))?;
    Ok(PathBuf::from(home).join(default).into_os_string())
}
