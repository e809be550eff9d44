//! Checks what is in deploy/. Whether it names settings and metrics that there are is a test of the service.

mod dashboard;
mod prometheus;
mod systemd;

use std::fs;

use crate::error::{Context, Result};
use crate::haproxy;
use crate::process;
use crate::python;
use crate::workspace::{file, root};

/// The checkers, and what they need, each at a version that was tried.
const REQUIREMENTS: &str = include_str!("deploy/requirements.txt");

pub(crate) fn run() -> Result<()> {
    systemd::check("deploy/live.service")?;
    haproxy::check("deploy/haproxy/haproxy.cfg")?;
    prometheus::check("deploy/prometheus", "deploy/grafana/dashboard.json")?;
    let checkers = python::environment("deploy-checkers", REQUIREMENTS)?;
    let ask = |name: &str, arguments: &[&str]| {
        process::run(process::command(checkers.join(name)).current_dir(root()).args(arguments))
    };
    ask("hadolint", &["deploy/Dockerfile"])?;
    ask("check-jsonschema", &["--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"])?;
    let manifests = manifests("deploy/kubernetes")?;
    let manifests: Vec<_> = manifests.iter().map(String::as_str).collect();
    ask("kubernetes-validate", &[&["--strict"], manifests.as_slice()].concat())
}

/// What a cluster takes: every file but kustomization.yaml, which tells kubectl what to send.
fn manifests(folder: &str) -> Result<Vec<String>> {
    let entries = fs::read_dir(file(folder)).context(|| format!("cannot read {folder}"))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut manifests: Vec<_> =
        names.filter(|name| name != "kustomization.yaml").map(|name| format!("{folder}/{name}")).collect();
    manifests.sort();
    Ok(manifests)
}
