//! The shell of somebody who follows a page.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::{Context, Error, Result};
use crate::process;
use crate::scratch::ScratchFolder;
use crate::{node, python, workspace};

/// Somebody with a home folder that holds nothing but the clone, `live`, and the Rust toolchain's folders.
#[derive(Debug)]
pub(super) struct Reader {
    home: ScratchFolder,
    folder: PathBuf,
    programs: OsString,
    cargo_home: OsString,
    rustup_home: OsString,
}

impl Reader {
    pub(super) fn new(in_the_clone: bool) -> Result<Self> {
        let home = ScratchFolder::new("reader")?;
        let (clone, bin) = (home.path().join("live"), home.path().join("bin"));
        let made = symlink(workspace::root(), &clone)
            .and_then(|()| fs::create_dir(&bin))
            .and_then(|()| symlink(live()?, bin.join("live")));
        made.context(|| format!("cannot furnish {}", home.path().display()))?;
        let folder = if in_the_clone { workspace::root() } else { home.path().to_owned() };
        let (cargo_home, rustup_home) = (kept("CARGO_HOME", ".cargo")?, kept("RUSTUP_HOME", ".rustup")?);
        Ok(Self { folder, programs: programs(bin)?, cargo_home, rustup_home, home })
    }

    /// A command line.
    pub(super) fn bash(&self, line: &str) -> Command {
        let mut command = self.shell();
        command.args(["-c", line]);
        command
    }

    /// The commands of a page, in one shell.
    pub(super) fn script(&self, page: &str, text: &str) -> Result<Command> {
        let file = self.home.path().join("commands");
        // It stops at the first failure, and tells each command with its place in the page, whose first line is its title.
        let manner = format!("PS4='+ {page}:$LINENO: '; set -euxo pipefail");
        let text = text.strip_prefix('\n').unwrap_or(text);
        fs::write(&file, format!("{manner}\n{text}")).context(|| format!("cannot write {}", file.display()))?;
        let mut command = self.shell();
        command.arg(file);
        Ok(command)
    }

    fn shell(&self) -> Command {
        let home = self.home.path();
        let mut command = process::command("bash");
        command.current_dir(&self.folder).stdin(Stdio::null()).env("PATH", &self.programs);
        command.env("HOME", home).env("XDG_STATE_HOME", home.join("state"));
        command.env("CARGO_HOME", &self.cargo_home).env("RUSTUP_HOME", &self.rustup_home);
        command.env("DATABASE_URL", format!("sqlite:{}", home.join("live.db").display()));
        // npm trusts whom the system trusts, as cargo does: a proxy's own authority may be among them.
        command.env("NODE_USE_SYSTEM_CA", "1");
        command
    }
}

/// The service, which cargo puts beside us.
fn live() -> std::io::Result<PathBuf> {
    Ok(env::current_exe()?.with_file_name("live"))
}

/// Where the reader's programs are: `live`, and Node.js and Python, which are got where they are missing.
fn programs(bin: PathBuf) -> Result<OsString> {
    python::find_or_install()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(bin).chain(node::find_or_install()?).chain(env::split_paths(&path));
    env::join_paths(folders).context(|| "cannot tell where programs are".to_owned())
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
