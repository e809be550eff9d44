//! `live subject`.

use clap::Args;

use super::{Failure, print};
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Subject {
    /// The person: the `sub` of their tokens
    #[arg(long)]
    sub: live_domain::Subject,
}

impl Subject {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        print(&format!("{}\n", settings.subject_key()?.hash(&self.sub)))
    }
}
