//! The settings, each by itself.

use live_adapters::checkup::Checked;

use super::report::Report;
use crate::settings::Settings;
use crate::telemetry::fault_of_levels;

pub(super) fn examine(settings: &Settings, report: &mut Report) {
    for unknown in settings.unknown() {
        report.add(&Checked::doubtful("settings", unknown, "unset it, or rename it to what was meant"));
    }
    let faults = settings.faults();
    for fault in &faults {
        report.add_setting("settings", &fault.to_string(), "set it as that says; `live --help` has every setting");
    }
    if faults.is_empty() {
        report.add(&Checked::well("settings", "every setting can be read"));
    }
    report.add(&log_levels(settings));
}

fn log_levels(settings: &Settings) -> Checked {
    match settings.log_levels().map(|levels| fault_of_levels(&levels)) {
        None => Checked::well("log", "RUST_LOG is not set: the service tells at info, others at warn"),
        Some(None) => Checked::well("log", "RUST_LOG is read"),
        Some(Some(fault)) => Checked::doubtful(
            "log",
            format!("RUST_LOG is passed over, as it cannot be read: {fault}"),
            "set RUST_LOG to levels, such as info or warn,live_app=debug, or unset it",
        ),
    }
}
