//! `HAProxy`, the balancer of a test and of an example in deploy/.

use crate::console;
use crate::error::{Context, Error, Result};
use crate::packages::{self, PackageManager};
use crate::process;
use crate::workspace::file;

const PACKAGES: [(&str, &str); 6] = [
    ("apt-get", "haproxy"),
    ("dnf", "haproxy"),
    ("apk", "haproxy"),
    ("pacman", "haproxy"),
    ("zypper", "haproxy"),
    ("brew", "haproxy"),
];

/// Has it read the configuration.
pub(crate) fn check(configuration: &str) -> Result<()> {
    find_or_install()?;
    let mut haproxy = process::command("haproxy");
    for (name, address) in
        [("BALANCER", "127.0.0.1:8000"), ("SERVICE_1", "127.0.0.1:8081"), ("SERVICE_2", "127.0.0.1:8082")]
    {
        haproxy.env(name, address);
    }
    process::run(haproxy.args(["-c", "-f"]).arg(file(configuration))).context(|| configuration.to_owned())
}

/// Sees to it that tests find it. Without it only the test that needs it fails, and says so.
pub(crate) fn provide() {
    if let Err(error) = find_or_install() {
        console::note(format!("going on without HAProxy: {error}"));
    }
}

fn find_or_install() -> Result<()> {
    if packages::has("haproxy") {
        return Ok(());
    }
    let by_hand = |complaint: Error| {
        format!(
            "haproxy is not there: {complaint}; install HAProxy 2.4 or newer (the package `haproxy`), and run this again"
        )
    };
    let manager = PackageManager::find().map_err(by_hand)?;
    console::note(format!("haproxy is not installed; installing it with {}", manager.name));
    manager.install(&PACKAGES).map_err(by_hand)?;
    Ok(())
}
