//! `live migrate`.

use clap::Args;

use super::{Failure, say, serve, store};
use crate::settings::{DatabaseDefault, Settings};

#[derive(Args)]
pub(super) struct Migrate {
    /// Change nothing; exit 1 when the schema is behind
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let mut signals = serve::catch_signals()?;
        let told_to_stop = || Err(Failure::Failed(store::TOLD_TO_STOP.to_owned()));
        signals.unless_told(self.carry_out(settings)).await.unwrap_or_else(told_to_stop)
    }

    async fn carry_out(self, settings: &Settings) -> Result<(), Failure> {
        let store = store::open(settings, DatabaseDefault::FileIfThere)?;
        if !self.check {
            store::migrate(settings, &store).await?;
            say("the schema is up to date");
            return Ok(());
        }
        store::wait(settings, &store).await?;
        let pending = store.migrations.pending().await?;
        if pending.is_empty() {
            say("the schema is up to date");
            return Ok(());
        }
        Err(Failure::Failed(format!("the schema is behind by {}: run `live migrate`", pending.join(", "))))
    }
}
