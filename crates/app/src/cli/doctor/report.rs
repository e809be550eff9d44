//! What was found, a line each, and what it makes of the exit code.

use clap::builder::styling::{AnsiColor, Style};
use live_adapters::causes::chain;
use live_adapters::checkup::{Checked, Unreachable, Verdict};
use live_domain::StoreError;

use crate::cli::{Failure, print, say};

/// How grave the gravest thing is. Of settings and store the exit code names what must be mended first: with wrong
/// settings nothing is known of the store, and without the store nothing of its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gravity {
    Well,
    Wrong,
    StoreUnavailable,
    Configuration,
}

/// Writes what is found as it is found.
pub(super) struct Report {
    colours: bool,
    gravest: Gravity,
    wrong: usize,
    doubtful: usize,
    /// Why standard output no longer takes anything.
    unwritten: Option<Failure>,
}

impl Report {
    /// A report of nothing yet, with colours or without.
    pub(super) fn new(colours: bool) -> Self {
        Self { colours, gravest: Gravity::Well, wrong: 0, doubtful: 0, unwritten: None }
    }

    /// Writes what a check found.
    pub(super) fn add(&mut self, checked: &Checked) {
        self.write(checked, Gravity::Wrong);
    }

    /// Writes what several found.
    pub(super) fn add_all(&mut self, checked: &[Checked]) {
        for checked in checked {
            self.add(checked);
        }
    }

    /// Something is wrong that a setting is to mend: no service starts with it.
    pub(super) fn add_setting(&mut self, check: &'static str, text: &str, remedy: &str) {
        self.write(&Checked::wrong(check, text, remedy), Gravity::Configuration);
    }

    /// The store did not answer.
    pub(super) fn add_unreachable(&mut self, check: &'static str, unreachable: &Unreachable) {
        let Unreachable { error, remedy } = unreachable;
        let gravity = match error {
            StoreError::Unavailable(_) => Gravity::StoreUnavailable,
            StoreError::Failed(_) => Gravity::Wrong,
        };
        self.write(&Checked::wrong(check, chain(error), remedy.as_str()), gravity);
    }

    fn write(&mut self, checked: &Checked, gravity: Gravity) {
        let Checked { check, text, verdict } = checked;
        let (word, colour, remedy) = match verdict {
            Verdict::Well => ("ok", AnsiColor::Green, None),
            Verdict::Doubtful { remedy } => {
                self.doubtful += 1;
                ("warn", AnsiColor::Yellow, Some(remedy))
            }
            Verdict::Wrong { remedy } => {
                self.wrong += 1;
                self.gravest = self.gravest.max(gravity);
                ("FAIL", AnsiColor::Red, Some(remedy))
            }
        };
        let remedy = remedy.map(|remedy| format!("     -> {}\n", one_line(remedy)));
        let style = if self.colours { colour.on_default() } else { Style::new() };
        let line = format!("{style}{word:<4}{style:#} {check}: {}\n{}", one_line(text), remedy.unwrap_or_default());
        if self.unwritten.is_none() {
            self.unwritten = print(&line).err();
        }
    }

    /// How it ends: with what is wrong, in one sentence; what is doubtful alone is no failure.
    pub(super) fn end(self) -> Result<(), Failure> {
        let Self { gravest, wrong, doubtful, unwritten, colours: _ } = self;
        match unwritten {
            // What was found holds, whether or not it is read to the end.
            None | Some(Failure::ReaderGone) => {}
            Some(failure) => return Err(failure),
        }
        let text = format!("{wrong} to mend (FAIL), {doubtful} to look at (warn)");
        match gravest {
            Gravity::Well => {
                say(&text);
                Ok(())
            }
            Gravity::Wrong => Err(Failure::Failed(text)),
            Gravity::StoreUnavailable => Err(Failure::StoreUnavailable(text)),
            Gravity::Configuration => Err(Failure::Configuration(text)),
        }
    }
}

/// A library may tell its errors in several lines.
fn one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}
