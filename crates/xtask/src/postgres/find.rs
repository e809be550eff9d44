//! Where PostgreSQL may be on this machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::version;
use crate::process;

/// Where distributions put the server's programs, most of them outside of `PATH`: the folder around, how the name of a
/// version's folder begins, and what follows below it.
const PLACES: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/lib", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/usr/local", "pgsql", "bin"),
];

/// The programs of one version of the server.
#[derive(Debug)]
pub(crate) struct Binaries {
    pub(crate) folder: PathBuf,
    /// The major version.
    pub(crate) version: u32,
}

/// Every PostgreSQL server on this machine, the preferred one first.
pub(crate) fn all() -> Vec<Binaries> {
    folders().into_iter().filter_map(examine).collect()
}

fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&path).filter_map(|folder| behind_links(&folder)).collect();
    for (around, prefix, below) in PLACES {
        let around = Path::new(around);
        folders.extend(newest_first(names_in(around), prefix).iter().map(|name| around.join(name).join(below)));
    }
    folders
}

/// The folder of the real programs, next to which the server finds its libraries.
fn behind_links(folder: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(folder.join("initdb")).ok()?;
    real.parent().map(Path::to_path_buf)
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The names that are the prefix and a version (`postgresql@17`), or the prefix alone, the highest version first.
fn newest_first(names: Vec<String>, prefix: &str) -> Vec<String> {
    let versioned = names.into_iter().filter_map(|name| Some((version_after(prefix, &name)?, name)));
    let mut versioned: Vec<_> = versioned.collect();
    versioned.sort_by(|one, other| other.cmp(one));
    versioned.into_iter().map(|(_, name)| name).collect()
}

fn version_after(prefix: &str, name: &str) -> Option<u32> {
    let version = name.strip_prefix(prefix)?.trim_start_matches(['@', '-']);
    if version.is_empty() { Some(0) } else { version.split('.').next()?.parse().ok() }
}

fn examine(folder: PathBuf) -> Option<Binaries> {
    let complete = folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let printed = if complete {
        process::text(process::command(folder.join("postgres")).arg("--version")).ok()?
    } else {
        return None;
    };
    Some(Binaries { version: version::major(&printed)?, folder })
}

#[cfg(test)]
mod tests {
    use super::newest_first;

    fn ordered(names: &[&str], prefix: &str) -> Vec<String> {
        newest_first(names.iter().map(|name| (*name).to_owned()).collect(), prefix)
    }

    #[test]
    fn prefers_the_highest_version_as_a_number() {
        assert_eq!(ordered(&["9.6", "15", "17"], ""), ["17", "15", "9.6"]);
        assert_eq!(ordered(&["pgsql-9.6", "pgsql-16"], "pgsql-"), ["pgsql-16", "pgsql-9.6"]);
        assert_eq!(
            ordered(&["postgresql", "postgresql@9", "postgresql@17"], "postgresql"),
            ["postgresql@17", "postgresql@9", "postgresql"]
        );
    }

    #[test]
    fn passes_over_folders_of_other_things() {
        assert_eq!(ordered(&["postgresql-common", "bin", "postgresql16"], "postgresql"), ["postgresql16"]);
    }
}
