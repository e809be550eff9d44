//! `live forget`.

use clap::{Args, ValueHint};
use live_domain::{Clock, Forgotten, Pseudonym, Subject, SystemClock};

use super::{Failure, say, store};
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Forget {
    /// Whom to forget: the `sub` of their tokens, letter for letter
    #[arg(long, value_hint = ValueHint::Other)]
    sub: Subject,
}

impl Forget {
    /// The pseudonym is told to nobody: who knew it could undo what was asked for.
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = store::open_current(settings).await?;
        let forgotten = store.people.forget(&self.sub, &Pseudonym::random(), SystemClock.now()).await?;
        say(&told(&forgotten));
        Ok(())
    }
}

fn told(forgotten: &Forgotten) -> String {
    if *forgotten == Forgotten::default() {
        return "nothing was found of that person; nothing was changed".to_owned();
    }
    let Forgotten { sessions, registrations, events, kept, feeds } = forgotten;
    format!(
        "forgotten: a random pseudonym stands in {sessions} hosted sessions, {registrations} registrations, {events} events of the \
         history and {kept} kept answers; {feeds} calendar feeds were revoked, or follow the pseudonym"
    )
}
