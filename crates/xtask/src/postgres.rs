//! A throwaway PostgreSQL around a piece of work.

mod account;
mod cluster;
mod find;
mod guard;
mod install;
mod version;

use std::ffi::OsString;

use crate::console;
use crate::error::{Error, Result};
use crate::process;

pub(crate) use cluster::Cluster;

/// Runs a command with `TEST_DATABASE_URL` set.
pub(crate) fn run_inside(command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().ok_or_else(|| Error::from("no command was given"))?;
    with_cluster(|cluster| process::run(cluster.announce_to(process::command(program).args(arguments))))
}

/// Starts a cluster, does the work, and stops the cluster whatever came of the work.
pub(crate) fn with_cluster<T>(work: impl FnOnce(&Cluster) -> Result<T>) -> Result<T> {
    let binaries = install::find_or_install()?;
    let cluster = Cluster::start(&binaries)?;
    console::note(format!(
        "PostgreSQL {} from {} is up: {}",
        binaries.version,
        binaries.folder.display(),
        cluster.url()
    ));
    work(&cluster)
}
