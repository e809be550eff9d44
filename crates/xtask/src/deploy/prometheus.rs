//! promtool, which reads the scrape configuration, the alerts and the queries of the dashboard, and tests the alerts.

use std::fs;
use std::path::{Path, PathBuf};

use crate::console;
use crate::error::{Context, Error, Result};
use crate::packages::{self, PackageManager};
use crate::process;
use crate::scratch::ScratchFolder;
use crate::workspace::{TOOLS, file};

use super::dashboard;

pub(crate) fn check(folder: &str, dashboard: &str) -> Result<()> {
    let promtool = find_or_fetch()?;
    let ask = |arguments: &[&str]| process::run(process::command(&promtool).current_dir(file(folder)).args(arguments));
    ask(&["check", "config", "--lint-fatal", "prometheus.yml"])?;
    ask(&["check", "rules", "--lint-fatal", "alerts.yml"])?;
    ask(&["test", "rules", "alerts.test.yml"])?;
    let text = fs::read_to_string(file(dashboard)).context(|| format!("cannot read {dashboard}"))?;
    let scratch = ScratchFolder::new("dashboard")?;
    let rules = scratch.path().join("rules.yml");
    fs::write(&rules, dashboard::rules(&text)?).context(|| format!("cannot write {}", rules.display()))?;
    process::run(process::command(&promtool).args(["check", "rules"]).arg(&rules)).context(|| dashboard.to_owned())
}

fn find_or_fetch() -> Result<PathBuf> {
    if packages::has("promtool") {
        return Ok(PathBuf::from("promtool"));
    }
    let folder = file(TOOLS).join("prometheus");
    let promtool = folder.join("usr/bin/promtool");
    if !promtool.is_file() {
        console::note(format!("promtool is not installed; unpacking the distribution's into {TOOLS}, once"));
        fetch(&folder).context(|| {
            "promtool is not there; install Prometheus 2.42 or newer (the package `prometheus`), and run this again"
                .to_owned()
        })?;
    }
    Ok(promtool)
}

/// Unpacks the package instead of installing it: Debian's starts a server, for which nobody has asked.
fn fetch(folder: &Path) -> Result<()> {
    if !packages::has("apt-get") {
        return Err("this system has no apt-get to fetch it with".into());
    }
    fs::create_dir_all(folder).context(|| format!("cannot make {}", folder.display()))?;
    let mut download = process::command("apt-get");
    // Without a list of packages, there is nothing to download from.
    download.current_dir(folder).args(["download", "prometheus"]);
    if process::run(&mut download).is_err() {
        PackageManager::find()?.refresh()?;
        process::run(&mut download)?;
    }
    let entries = fs::read_dir(folder).context(|| format!("cannot read {}", folder.display()))?;
    let package =
        entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|it| it == "deb"));
    let package = package.ok_or_else(|| Error::from("apt-get downloaded nothing"))?;
    process::run(process::command("dpkg-deb").arg("--extract").arg(&package).arg(folder))?;
    fs::remove_file(&package).context(|| format!("cannot remove {}", package.display()))
}
