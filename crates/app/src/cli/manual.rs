//! `live manual`.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{Failure, definition, examples, print};
use crate::settings::{SETTINGS, arguments};

pub(super) fn run() -> Result<(), Failure> {
    print(&page().map_err(|error| Failure::Failed(error.to_string()))?)
}

/// One page for all: the commands, then the settings, which they share.
fn page() -> io::Result<String> {
    let mut live = definition::documented();
    live.build();
    let manual = Man::new(live.clone()).source(concat!("live ", env!("CARGO_PKG_VERSION"))).manual("live");
    let mut page = Vec::new();
    manual.render_title(&mut page)?;
    manual.render_name_section(&mut page)?;
    manual.render_synopsis_section(&mut page)?;
    manual.render_description_section(&mut page)?;
    section("EXAMPLES").to_writer(&mut page)?;
    examples_of("live").to_writer(&mut page)?;
    section("COMMANDS").to_writer(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for command in definition::leaves(&live) {
        page += &entry(command)?;
    }
    page += &section("SETTINGS").to_roff();
    let settings = SETTINGS.iter().flat_map(arguments);
    page += &options(&Command::new("live").args(settings))?.replace(".SH ", ".SS ");
    Ok(page)
}

/// What stands of one command.
fn entry(command: &Command) -> io::Result<String> {
    let path = command.get_bin_name().unwrap_or_default();
    let own = command.get_arguments().filter(|argument| !definition::is_builtin(argument));
    let mut entry = Roff::new();
    entry.control("SS", [path]).text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
    // The heading of the command stands for that of its options.
    let options = options(&Command::new("live").args(own))?.replace(".SH OPTIONS\n", "");
    Ok(entry.to_roff() + &options + &examples_of(path).to_roff())
}

fn options(command: &Command) -> io::Result<String> {
    let mut text = Vec::new();
    let command = command.clone().disable_help_flag(true).disable_version_flag(true);
    Man::new(command).render_options_section(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn section(title: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    roff
}

/// The examples as they are typed, then what is to be said of them.
fn examples_of(path: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("PP", []).control("EX", []);
    for line in examples::of(path) {
        roff.text([bold(line)]);
    }
    roff.control("EE", []);
    if let Some(note) = examples::note(path) {
        roff.control("PP", []).text([roman(note)]);
    }
    roff
}
