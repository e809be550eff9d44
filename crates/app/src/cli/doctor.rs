//! `live doctor`.

mod bind;
mod clock;
mod identity;
mod report;
mod settings;
mod store;

use clap::Args;

use self::report::Report;
use super::Failure;
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Doctor {
    /// Mend counters that differ from the registrations, and record it in the history
    #[arg(long)]
    repair: bool,
}

impl Doctor {
    /// Looks at one thing after the other. What is wrong with one does not hide the next.
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let mut report = Report::new(settings.colours_on(&std::io::stdout()));
        settings::examine(settings, &mut report);
        bind::examine(settings, &mut report).await;
        report.add(&clock::zones());
        identity::examine(settings, &mut report).await;
        store::examine(settings, self.repair, &mut report).await?;
        report.end()
    }
}
