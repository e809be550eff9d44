//! `live migrate`.

use clap::Args;

use super::{Failure, say, store};
use crate::settings::{DatabaseDefault, Settings};

#[derive(Args)]
pub(super) struct Migrate {
    /// Change nothing; exit 1 when the schema is behind
    #[arg(long)]
    check: bool,
}

impl Migrate {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
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
