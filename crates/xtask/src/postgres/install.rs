//! Gets PostgreSQL from the system's package manager where it is missing.

use super::find::{self, Binaries};
use super::version::OLDEST_SUPPORTED;
use crate::console;
use crate::error::{Error, Result};
use crate::packages::PackageManager;

/// What the server is called by each package manager.
const PACKAGES: [(&str, &str); 6] = [
    ("apt-get", "postgresql"),
    ("dnf", "postgresql-server"),
    ("apk", "postgresql"),
    ("pacman", "postgresql"),
    ("zypper", "postgresql-server"),
    ("brew", "postgresql@17"),
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
    let manager = PackageManager::find().map_err(|error| by_hand(&format!("PostgreSQL is not installed: {error}")))?;
    console::note(format!("PostgreSQL is not installed; installing it with {}", manager.name));
    let outcome = match manager.name {
        "apt-get" => install_without_cluster(&manager),
        _ => manager.install(&PACKAGES),
    };
    outcome.map_err(|error| by_hand(&format!("could not install PostgreSQL: {error}")))
}

fn install_without_cluster(manager: &PackageManager) -> Result<()> {
    manager.run(&["sh", "-c", NO_CLUSTER])?;
    let outcome = manager.install(&PACKAGES);
    outcome.and(manager.run(&["sh", "-c", NO_CLUSTER_UNDONE]))
}

/// The complaint, and what a developer can do about it.
fn by_hand(complaint: &str) -> Error {
    let package = format!("PostgreSQL {OLDEST_SUPPORTED} or newer (the package `postgresql` or `postgresql-server`)");
    format!("{complaint}; install {package}, and put the folder of its `initdb` into PATH if it is not found by itself")
        .into()
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
