//! The benchmark, beside a throwaway PostgreSQL.

use std::ffi::OsString;

use crate::error::Result;
use crate::postgres;
use crate::process;
use crate::workspace::{built, cargo};

pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    // Built apart: together, the service would get features that only the benchmark asks for.
    for package in ["live-app", "live-bench"] {
        process::run(&mut cargo(&["build", "--release", "--package", package]))?;
    }
    postgres::with_cluster(|cluster| {
        let mut bench = process::command(built("live-bench")?);
        bench.arg("--live").arg(built("live")?).arg("--pgbench").arg(cluster.program("pgbench"));
        process::run(bench.args(["--database-url", &cluster.url()]).args(arguments))
    })
}
