//! What is in deploy/ names what there is.
#![expect(clippy::unwrap_used, reason = "a test that cannot read what it compares has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use live_app::settings::{Form, SETTINGS};

const OPERATIONS: &str = include_str!("../../../docs/operations.md");
const ALERTS: &str = include_str!("../../../deploy/prometheus/alerts.yml");
const ALERT_TESTS: &str = include_str!("../../../deploy/prometheus/alerts.test.yml");
const DASHBOARD: &str = include_str!("../../../deploy/grafana/dashboard.json");
const DOCKERFILE: &str = include_str!("../../../deploy/Dockerfile");
const COMPOSE: &str = include_str!("../../../deploy/compose.yaml");
const UNIT: &str = include_str!("../../../deploy/live.service");
const CONFIG_MAP: &str = include_str!("../../../deploy/kubernetes/configmap.yaml");
const DEPLOYMENT: &str = include_str!("../../../deploy/kubernetes/deployment.yaml");
const KUSTOMIZATION: &str = include_str!("../../../deploy/kubernetes/kustomization.yaml");

/// What comes after the drain: 5 seconds for requests in flight, 2 for the last traces, 1 to spare.
const AFTER_DRAIN_SECONDS: u64 = 8;

/// The words of a text: letters, digits and underscores.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

/// What stands after each place of a mark, to the end of its line.
fn after<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| Some(line.split_once(mark)?.1.trim())).collect()
}

/// The first cells, in backquotes, of the rows of the tables of a page.
fn first_cells(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once('`')?.0))
}

fn deployed_files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let mut files = Vec::new();
    for folder in [".", "haproxy", "kubernetes", "prometheus", "grafana"] {
        for entry in fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                let name = entry.file_name().into_string().unwrap();
                files.push((name, fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    files
}

#[test]
fn every_setting_in_deploy_is_in_the_table() {
    let known: BTreeSet<_> = SETTINGS
        .iter()
        .flat_map(|setting| {
            let file = (setting.form != Form::Plain).then(|| format!("{}_FILE", setting.name));
            std::iter::once(setting.name.to_owned()).chain(file)
        })
        .collect();
    let files = deployed_files();
    let mut seen = 0;
    for (name, text) in &files {
        for word in words(text).filter(|word| word.starts_with("LIVE_") || word.starts_with("DATABASE_")) {
            assert!(known.contains(word), "{name}: {word}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen} in {} files", files.len());
}

#[test]
fn every_metric_that_is_asked_for_is_documented() {
    let documented: BTreeSet<_> = first_cells(OPERATIONS).collect();
    for (name, text) in [("alerts", ALERTS), ("tests of alerts", ALERT_TESTS), ("dashboard", DASHBOARD)] {
        let metrics: BTreeSet<_> =
            words(text).filter(|word| word.starts_with("live_") || word.starts_with("process_")).collect();
        assert!(metrics.len() > 5, "{name}: {metrics:?}");
        for metric in metrics {
            let of_histogram = metric.strip_suffix("_bucket").unwrap_or(metric);
            assert!(documented.contains(of_histogram), "{name}: {metric}");
        }
    }
}

#[test]
fn every_alert_is_explained_and_tested_to_fire_and_not_to() {
    let alerts = after(ALERTS, "- alert: ");
    let explained: Vec<_> = first_cells(OPERATIONS).filter(|cell| cell.starts_with("Live")).collect();
    assert_eq!(explained, alerts);
    for alert in alerts {
        let cases = ALERT_TESTS.split("- eval_time: ").filter(|case| after(case, "alertname: ") == [alert]);
        let (silent, firing): (Vec<_>, Vec<_>) = cases.partition(|case| case.contains("exp_alerts: []"));
        assert!(!silent.is_empty() && !firing.is_empty(), "{alert}");
    }
}

#[test]
fn the_time_to_stop_holds_the_drain_and_what_comes_after_it() {
    let number = |text: &str| text.trim_matches(['"', 's']).parse::<u64>().expect("a number");
    let one = |text: &str, mark: &str| number(after(text, mark).first().expect(mark));
    let drain = SETTINGS.iter().find(|setting| setting.name == "LIVE_DRAIN_MS").unwrap();
    let by_default = number(drain.default).div_ceil(1_000) + AFTER_DRAIN_SECONDS;
    assert!(one(UNIT, "TimeoutStopSec=") >= by_default);
    assert!(one(COMPOSE, "stop_grace_period:") >= by_default);
    let in_cluster = one(CONFIG_MAP, "LIVE_DRAIN_MS:").div_ceil(1_000) + AFTER_DRAIN_SECONDS;
    assert!(one(DEPLOYMENT, "terminationGracePeriodSeconds:") >= in_cluster);
}

#[test]
fn the_image_is_of_this_version_and_built_by_the_oldest_rust_that_builds_it() {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(after(COMPOSE, "image: live:"), [version]);
    assert_eq!(after(KUSTOMIZATION, "newTag: "), [version]);
    assert!(DOCKERFILE.contains(&format!("--tag live:{version} .")));
    assert!(DOCKERFILE.contains(concat!("FROM rust:", env!("CARGO_PKG_RUST_VERSION"), "-slim-")));
}

#[test]
fn the_kustomization_names_every_manifest_but_the_example() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut manifests: Vec<_> =
        names.filter(|name| !["kustomization.yaml", "secret.example.yaml"].contains(&name.as_str())).collect();
    manifests.sort();
    let sent = KUSTOMIZATION.split_once("resources:").and_then(|(_, rest)| rest.split_once("images:")).unwrap().0;
    assert_eq!(after(sent, "  - "), manifests);
}
