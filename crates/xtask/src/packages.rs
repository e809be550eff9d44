//! The system's package manager.

use crate::error::{Error, Result};
use crate::process;

/// A package manager: its name, and its commands before the names of packages.
type Commands = (&'static str, &'static [&'static [&'static str]]);

const MANAGERS: [Commands; 6] = [
    (
        "apt-get",
        &[
            &["apt-get", "update"],
            &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"],
        ],
    ),
    ("dnf", &[&["dnf", "install", "--assumeyes"]]),
    ("apk", &[&["apk", "add"]]),
    ("pacman", &[&["pacman", "--sync", "--refresh", "--noconfirm", "--needed"]]),
    ("zypper", &[&["zypper", "--non-interactive", "install"]]),
    ("brew", &[&["brew", "install"]]),
];

/// The package manager of this machine, and the right to use it.
pub(crate) struct PackageManager {
    pub(crate) name: &'static str,
    commands: &'static [&'static [&'static str]],
    privilege: &'static [&'static str],
}

impl PackageManager {
    /// Fails, saying why, where there is none or it may not be used.
    pub(crate) fn find() -> Result<Self> {
        let known = MANAGERS.iter().find(|(name, _)| has(name));
        let (name, commands) = known.ok_or_else(|| Error::from("there is no package manager known here"))?;
        // Homebrew installs for its user, and refuses root.
        let privilege = if *name == "brew" { Some(&[][..]) } else { privilege()? };
        let privilege =
            privilege.ok_or_else(|| Error::from("installing takes root or a `sudo` that asks no password"))?;
        Ok(Self { name, commands, privilege })
    }

    /// Installs the packages that are given for this manager, out of pairs of a manager and what it calls one.
    pub(crate) fn install(&self, names: &[(&str, &str)]) -> Result<()> {
        let packages: Vec<_> =
            names.iter().filter(|(manager, _)| *manager == self.name).map(|(_, name)| *name).collect();
        if packages.is_empty() {
            return Err(format!("nobody said what it is called by {}", self.name).into());
        }
        let (install, before) =
            self.commands.split_last().ok_or_else(|| Error::from("no command installs anything here"))?;
        before.iter().try_for_each(|command| self.run(command))?;
        self.run(&[*install, &packages].concat())
    }

    /// Brings the list of packages up to date, where the manager keeps one.
    pub(crate) fn refresh(&self) -> Result<()> {
        let before = self.commands.split_last().map_or(&[][..], |(_, before)| before);
        before.iter().try_for_each(|command| self.run(command))
    }

    /// Runs a command with the right to install.
    pub(crate) fn run(&self, command: &[&str]) -> Result<()> {
        let words = [self.privilege, command].concat();
        let (program, arguments) = words.split_first().ok_or_else(|| Error::from("no command was given"))?;
        process::run(process::command(program).args(arguments))
    }
}

/// What stands in front of a command to run it as root, `None` where that is not to be had.
fn privilege() -> Result<Option<&'static [&'static str]>> {
    if process::is_root()? {
        return Ok(Some(&[]));
    }
    let sudo = process::succeeds(process::command("sudo").args(["-n", "true"]));
    Ok(sudo.then_some(&["sudo", "-n"]))
}

/// Whether there is a program of that name.
pub(crate) fn has(program: &str) -> bool {
    process::succeeds(process::command("sh").args(["-c", "command -v \"$1\"", "sh", program]))
}
