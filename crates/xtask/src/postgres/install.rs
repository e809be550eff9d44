//! Gets PostgreSQL from the system's package manager where it is missing.

use super::account;
use super::find::{self, Binaries};
use super::version::OLDEST_SUPPORTED;
use crate::console;
use crate::error::{Error, Result};
use crate::process;

/// A package manager: its program, and the commands that install the server with it.
type Manager = (&'static str, &'static [&'static [&'static str]]);

const MANAGERS: [Manager; 6] = [
    (
        "apt-get",
        &[
            &["apt-get", "update"],
            &[
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "install",
                "--yes",
                "--no-install-recommends",
                "postgresql",
            ],
        ],
    ),
    ("dnf", &[&["dnf", "install", "--assumeyes", "postgresql-server"]]),
    ("apk", &[&["apk", "add", "postgresql"]]),
    ("pacman", &[&["pacman", "--sync", "--refresh", "--noconfirm", "--needed", "postgresql"]]),
    ("zypper", &[&["zypper", "--non-interactive", "install", "postgresql-server"]]),
    ("brew", &[&["brew", "install", "postgresql@17"]]),
];

/// Debian's package makes a cluster on port 5432 and starts it, for which nobody has asked.
const NO_CLUSTER: &str = "mkdir -p /etc/postgresql-common/createcluster.d \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/live-xtask.conf";
/// What the developer installs later is none of our business.
const NO_CLUSTER_UNDONE: &str = "rm -f /etc/postgresql-common/createcluster.d/live-xtask.conf; \
    rmdir /etc/postgresql-common/createcluster.d 2>/dev/null || true";

/// The PostgreSQL of this machine, installed now if need be.
pub(crate) fn find_or_install() -> Result<Binaries> {
    let mut found = find::all();
    if found.is_empty() {
        install()?;
        found = find::all();
    }
    choose(found)
}

/// The first that is new enough.
fn choose(found: Vec<Binaries>) -> Result<Binaries> {
    let complaint = match found.iter().max_by_key(|binaries| binaries.version) {
        Some(newest) => format!("PostgreSQL {} in {} is too old", newest.version, newest.folder.display()),
        None => "found no PostgreSQL".to_owned(),
    };
    let supported = found.into_iter().find(|binaries| binaries.version >= OLDEST_SUPPORTED);
    supported.ok_or_else(|| by_hand(&complaint))
}

fn install() -> Result<()> {
    let manager = MANAGERS.iter().find(|(manager, _)| has(manager));
    let (manager, commands) =
        manager.ok_or_else(|| by_hand("PostgreSQL is not installed, nor is a package manager known here"))?;
    // Homebrew installs for its user, and refuses root.
    let privilege = if *manager == "brew" { Some(&[][..]) } else { account::privilege()? };
    let privilege = privilege.ok_or_else(|| {
        by_hand("PostgreSQL is not installed, and installing it takes root or a `sudo` that asks no password")
    })?;
    console::note(format!("PostgreSQL is not installed; installing it with {manager}"));
    let outcome = match *manager {
        "apt-get" => install_without_cluster(privilege, commands),
        _ => run_all(privilege, commands),
    };
    outcome.map_err(|error| by_hand(&format!("could not install PostgreSQL: {error}")))
}

fn install_without_cluster(privilege: &[&str], commands: &[&[&str]]) -> Result<()> {
    run_all(privilege, &[&["sh", "-c", NO_CLUSTER]])?;
    let outcome = run_all(privilege, commands);
    outcome.and(run_all(privilege, &[&["sh", "-c", NO_CLUSTER_UNDONE]]))
}

/// Runs the commands until one fails.
fn run_all(privilege: &[&str], commands: &[&[&str]]) -> Result<()> {
    commands.iter().try_for_each(|command| {
        let mut words = privilege.iter().chain(*command);
        let program = words.next().ok_or_else(|| Error::from("no command was given"))?;
        process::run(process::command(program).args(words))
    })
}

/// The complaint, and what a developer can do about it.
fn by_hand(complaint: &str) -> Error {
    let package = format!("PostgreSQL {OLDEST_SUPPORTED} or newer (the package `postgresql` or `postgresql-server`)");
    format!("{complaint}; install {package}, and put the folder of its `initdb` into PATH if it is not found by itself")
        .into()
}

fn has(program: &str) -> bool {
    process::succeeds(process::command("sh").args(["-c", "command -v \"$1\"", "sh", program]))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Binaries, choose};

    fn server(version: u32) -> Binaries {
        Binaries { folder: PathBuf::from(format!("/opt/{version}/bin")), version }
    }

    #[test]
    fn takes_the_first_version_that_is_new_enough() {
        let chosen = choose(vec![server(13), server(16), server(17)]).expect("two of them are new enough");
        assert_eq!(chosen.version, 16);
    }

    #[test]
    fn says_which_version_is_too_old() {
        let refusal = choose(vec![server(11), server(13)]).expect_err("none is new enough").to_string();
        assert!(
            refusal.starts_with("PostgreSQL 13 in /opt/13/bin is too old; install PostgreSQL 15 or newer"),
            "{refusal}"
        );
    }
}
