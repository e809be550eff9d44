//! `live subject`.

use clap::{Args, ValueHint};

use super::{Failure, print, say};
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Subject {
    /// The person: the `sub` of their tokens
    #[arg(long, value_hint = ValueHint::Other)]
    sub: live_domain::Subject,
}

impl Subject {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        // A service with other settings writes another pseudonym, and nothing would be found.
        say(&settings.subject_key_origin()?.map_or_else(
            || "no key is set: this is the pseudonym where the service has none either".to_owned(),
            |origin| format!("keyed by {origin}"),
        ));
        print(&format!("{}\n", settings.subject_key()?.hash(&self.sub)))
    }
}
