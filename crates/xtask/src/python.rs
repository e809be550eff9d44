//! Programs from Python's package index, in environments of their own.

use std::fs;
use std::path::PathBuf;

use crate::console;
use crate::error::{Context, Error, Result};
use crate::packages::PackageManager;
use crate::process;
use crate::workspace::{TOOLS, file};

/// What Python, with the part that makes environments, is called by each package manager.
const PACKAGES: [(&str, &str); 6] = [
    ("apt-get", "python3-venv"),
    ("dnf", "python3"),
    ("apk", "python3"),
    ("pacman", "python"),
    ("zypper", "python3"),
    ("brew", "python"),
];

/// The folder of the programs of an environment that holds what is required, in the form that pip reads.
pub(crate) fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let folder = file(TOOLS).join(name);
    let (programs, complete) = (folder.join("bin"), folder.join("requirements.txt"));
    if fs::read_to_string(&complete).is_ok_and(|installed| installed == requirements) {
        return Ok(programs);
    }
    let python = find_or_install()?;
    console::note(format!("getting {name} from Python's package index into {TOOLS}, once"));
    process::run(process::command(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
    let unread = folder.join("wanted.txt");
    fs::write(&unread, requirements).context(|| format!("cannot write {}", unread.display()))?;
    let mut install = process::command(programs.join("pip"));
    // Whole, and as they were built: neither further packages nor a build on this machine.
    install.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]);
    process::run(install.arg("--requirement").arg(&unread)).context(|| {
        "cannot install from Python's package index; see that it can be reached, and run this again".to_owned()
    })?;
    fs::rename(&unread, &complete).context(|| format!("cannot write {}", complete.display()))?;
    Ok(programs)
}

pub(crate) fn find_or_install() -> Result<&'static str> {
    if makes_environments() {
        return Ok("python3");
    }
    let by_hand = |complaint: &Error| {
        Error::from(format!(
            "Python 3 that makes environments (`python3 -m venv`) is not there: {complaint}; install Python 3 with \
             its module venv (the package `python3-venv` or `python3`), and run this again"
        ))
    };
    let manager = PackageManager::find().map_err(|error| by_hand(&error))?;
    console::note(format!("Python is not installed, or cannot make environments; installing it with {}", manager.name));
    manager.install(&PACKAGES).map_err(|error| by_hand(&error))?;
    if makes_environments() { Ok("python3") } else { Err(by_hand(&"what was installed cannot".into())) }
}

fn makes_environments() -> bool {
    process::succeeds(process::command("python3").args(["-c", "import ensurepip, venv"]))
}
