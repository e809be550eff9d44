//! The benchmarks of single steps, which need no database.

use std::ffi::OsString;

use crate::error::Result;
use crate::process;
use crate::workspace::cargo;

const PACKAGES: [&str; 6] = ["--package", "live-domain", "--package", "live-adapters", "--package", "live-app"];

/// Runs them; to check, each only once, and on the build that the tests have.
pub(crate) fn run(check: bool, arguments: &[OsString]) -> Result<()> {
    let mut cargo = cargo(&[if check { "test" } else { "bench" }]);
    // Named as benchmarks: else the unit tests would come along.
    cargo.args(PACKAGES).args(["--bench", "*"]);
    process::run(cargo.arg("--").args(arguments))
}
