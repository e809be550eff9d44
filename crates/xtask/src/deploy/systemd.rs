//! systemd-analyze, which reads the unit.

use std::fs;

use crate::console;
use crate::error::{Context, Error, Result};
use crate::packages::{self, PackageManager};
use crate::process;
use crate::scratch::ScratchFolder;
use crate::workspace::file;

/// The exposure that systemd-analyze may find, in tenths of its scale from 0 to 10. What remains is the network.
const MOST_EXPOSURE: &str = "--threshold=15";

const PACKAGES: [(&str, &str); 4] =
    [("apt-get", "systemd"), ("dnf", "systemd"), ("pacman", "systemd"), ("zypper", "systemd")];

pub(crate) fn check(unit: &str) -> Result<()> {
    find_or_install()?;
    let text = fs::read_to_string(file(unit)).context(|| format!("cannot read {unit}"))?;
    let scratch = ScratchFolder::new("unit")?;
    let copy = scratch.path().join("live.service");
    // The service is not installed where it is checked; a program that every machine has stands in for it.
    fs::write(&copy, text.replace("/usr/local/bin/live", "/bin/true")).context(|| "cannot write a unit".to_owned())?;
    let analyze = |arguments: &[&str]| {
        process::run(process::command("systemd-analyze").args(arguments).arg(&copy).env("SYSTEMD_PAGER", ""))
    };
    analyze(&["verify", "--man=no", "--recursive-errors=no"]).context(|| unit.to_owned())?;
    analyze(&["security", "--offline=true", MOST_EXPOSURE]).context(|| unit.to_owned())
}

fn find_or_install() -> Result<()> {
    if packages::has("systemd-analyze") {
        return Ok(());
    }
    let by_hand = |complaint: Error| {
        format!(
            "systemd-analyze is not there: {complaint}; install systemd (the package `systemd`; it need not run), \
             and run this again"
        )
    };
    let manager = PackageManager::find().map_err(by_hand)?;
    console::note(format!("systemd-analyze is not installed; installing it with {}", manager.name));
    manager.install(&PACKAGES).map_err(by_hand)?;
    Ok(())
}
