//! The settings, each by itself.

use live_adapters::checkup::Checked;

use super::report::Report;
use crate::settings::Settings;

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
}
