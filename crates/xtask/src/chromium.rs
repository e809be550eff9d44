//! Chromium, in which the tests open the pages.

use crate::console;
use crate::error::Result;
use crate::packages::{self, PackageManager};

/// What it may be called, as the tests look for it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// What it is called by each package manager.
const PACKAGES: [(&str, &str); 5] =
    [("apt-get", "chromium"), ("dnf", "chromium"), ("apk", "chromium"), ("pacman", "chromium"), ("zypper", "chromium")];

/// Sees to it that there is one. Without it only the tests that need it fail, and say so.
pub(crate) fn provide() {
    if NAMES.into_iter().any(packages::has) {
        return;
    }
    console::note("Chromium is not in PATH");
    if let Err(error) = install() {
        console::note(format!("going on without Chromium: {error}"));
    }
}

fn install() -> Result<()> {
    PackageManager::find()?.install(&PACKAGES)
}
