//! `live manual`.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::{Failure, definition, print};
use crate::settings::{SETTINGS, arguments};

pub(super) fn run() -> Result<(), Failure> {
    // Nothing but memory is written to.
    print(&page().map_err(|error| Failure::Failed(error.to_string()))?)
}

/// One page for all: the commands, then the settings, which they share.
fn page() -> io::Result<String> {
    let mut page = Vec::new();
    let mut live = definition::documented();
    live.build();
    let manual = Man::new(live.clone()).source(concat!("live ", env!("CARGO_PKG_VERSION"))).manual("live");
    manual.render_title(&mut page)?;
    manual.render_name_section(&mut page)?;
    manual.render_synopsis_section(&mut page)?;
    manual.render_description_section(&mut page)?;
    heading("SH", "EXAMPLES").to_writer(&mut page)?;
    examples(&live).to_writer(&mut page)?;
    heading("SH", "COMMANDS").to_writer(&mut page)?;
    for command in definition::leaves(&live) {
        write_command(command, &mut page)?;
    }
    let settings = Command::new("live").disable_help_flag(true).args(SETTINGS.iter().flat_map(arguments));
    let mut options = Vec::new();
    Man::new(settings).render_options_section(&mut options)?;
    heading("SH", "SETTINGS").to_writer(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned() + &String::from_utf8_lossy(&options).replace("\n.SH ", "\n.SS "))
}

fn write_command(command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    heading("SS", command.get_bin_name().unwrap_or_default()).to_writer(page)?;
    let manual = Man::new(command.clone());
    let mut parts = Vec::new();
    manual.render_description_section(&mut parts)?;
    if command.get_arguments().any(|argument| !definition::is_builtin(argument)) {
        manual.render_options_section(&mut parts)?;
    }
    let parts = String::from_utf8_lossy(&parts).into_owned();
    // The headings of a page of its own; here it has one already.
    page.extend(
        parts.lines().filter(|line| !line.starts_with(".SH ")).flat_map(|line| [line.as_bytes(), b"\n"]).flatten(),
    );
    examples(command).to_writer(page)
}

fn heading(level: &str, text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control(level, [text]);
    roff
}

/// The lines below the help, as they stand.
fn examples(command: &Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("PP", []).control("EX", []);
    for line in command.get_after_help().map(ToString::to_string).unwrap_or_default().lines() {
        roff.text([if line.starts_with("  live ") { bold(line) } else { roman(line) }]);
    }
    roff.control("EE", []);
    roff
}
