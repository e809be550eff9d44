//! The command line is documented, with examples that parse.
#![expect(clippy::unwrap_used, reason = "a test that cannot read what it compares has failed")]

use std::fs;
use std::path::Path;

use clap::{Arg, Command};
use live_app::cli::{documented, is_builtin, leaves, parser, reads};
use live_app::settings::SETTINGS;

const PAGE: &str = include_str!("../../../docs/command-line.md");

const INTRODUCTION: &str = "\
# Command line

This page is made from the definition of the command line; `live manual` has the same as a manual page, and `live help COMMAND` or
`live COMMAND --help` what one command takes. A mistyped command or flag is answered with the nearest one, and exit code 2.

Every command takes the flag of every setting, so that one set of flags serves for all. Its help shows those that it reads;
[configuration.md](configuration.md) explains them, and the exit codes. Data goes to standard output, everything else to standard error.
A reader that stops early, as in `live export sessions | head`, is no error. There are colours on a terminal alone, and none where
`NO_COLOR` is set.
";

/// Every command, those that only hold others included.
fn commands(command: &Command) -> Vec<Command> {
    let below = command.get_subcommands().filter(|command| command.get_name() != "help").flat_map(commands);
    std::iter::once(command.clone()).chain(below).collect()
}

fn built() -> Command {
    let mut command = documented();
    command.build();
    command
}

/// The examples below the help of a command.
fn examples(command: &Command) -> Vec<String> {
    let text = command.get_after_help().unwrap().to_string();
    let lines = text.strip_prefix("Examples:\n").unwrap().split("\n\n").next().unwrap().lines();
    lines.map(|line| line.trim().to_owned()).collect()
}

fn entry(command: &Command) -> String {
    let path = command.get_bin_name().unwrap();
    let own: Vec<_> = command.get_arguments().filter(|argument| !is_builtin(argument)).collect();
    let mut text = format!("\n## {path}\n\n{}.\n", command.get_about().unwrap());
    if !own.is_empty() {
        text += "\n| takes | meaning |\n|---|---|\n";
        text.extend(own.into_iter().map(row));
    }
    let name = path.split(' ').nth(1).unwrap();
    let read: Vec<_> = SETTINGS.iter().filter(|setting| reads(name, setting)).collect();
    if read.len() == SETTINGS.len() {
        text += "\nReads every setting.\n";
    } else if read.len() + 1 == SETTINGS.len() {
        let not_read = SETTINGS.iter().find(|setting| !reads(name, setting)).unwrap();
        text += &format!("\nReads every setting but `{}`.\n", not_read.name);
    } else if !read.is_empty() {
        let names: Vec<_> = read.iter().map(|setting| format!("`{}`", setting.name)).collect();
        text += &format!("\nReads {}.\n", names.join(", "));
    }
    text + &format!("\n```text\n{}\n```\n", examples(command).join("\n"))
}

fn row(argument: &Arg) -> String {
    let values = argument.get_possible_values();
    let words: Vec<_> = values.iter().map(|value| format!("`{}`", value.get_name())).collect();
    let names = argument.get_value_names().filter(|_| argument.get_action().takes_values());
    let value = names.and_then(|names| names.first()).map(ToString::to_string);
    let shown = match (argument.get_long(), value) {
        (Some(long), Some(value)) => format!("`--{long} {value}`"),
        (Some(long), None) => format!("`--{long}`"),
        (None, value) => format!("`{}`", value.unwrap()),
    };
    let mut help = argument.get_help().unwrap().to_string();
    if argument.get_action().takes_values() && !words.is_empty() {
        help += &format!(": {}", words.join(", "));
    }
    if let Some(default) = argument.get_default_values().first() {
        help += &format!("; `{}` by default", default.to_str().unwrap());
    }
    format!("| {shown} | {help} |\n")
}

#[test]
fn the_page_of_the_command_line_says_what_its_definition_says() {
    let page: String =
        std::iter::once(INTRODUCTION.to_owned()).chain(leaves(&built()).into_iter().map(entry)).collect();
    let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("command-line.md");
    fs::write(&made, &page).unwrap();
    assert!(page == PAGE, "docs/command-line.md is not what the command line is: copy {} there", made.display());
}

#[test]
fn every_command_has_examples_that_parse() {
    let mut seen = 0;
    for command in commands(&built()) {
        let path = command.get_bin_name().unwrap_or("live").to_owned();
        let examples = examples(&command);
        assert!(!examples.is_empty(), "{path}");
        for example in examples {
            // What the shell does with the rest is not for us to parse.
            let line = example.split(" | ").find(|part| part.starts_with("live ")).expect("it runs live");
            let line = line.split(" > ").next().unwrap();
            assert!(line.starts_with(&path), "{path}: {example}");
            let parsed = parser().try_get_matches_from(line.split(' '));
            assert!(parsed.as_ref().err().is_none_or(|error| !error.use_stderr()), "{example}: {parsed:?}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_setting_is_read_by_a_command_that_shows_it() {
    for setting in SETTINGS {
        assert!(reads("serve", setting), "{}", setting.name);
    }
    for (command, expected) in [
        ("token", &["LIVE_AUTH_HS256_SECRET", "LIVE_AUTH_ISSUER", "LIVE_AUTH_AUDIENCE", "LIVE_LOG"][..]),
        ("healthcheck", &["LIVE_BIND", "LIVE_LOG"]),
        ("migrate", &["DATABASE_URL", "LIVE_DB_POOL_SIZE", "LIVE_DB_TIMEOUT_MS", "LIVE_DB_WAIT_MS", "LIVE_LOG"]),
        ("manual", &[]),
    ] {
        let read: Vec<_> = SETTINGS.iter().filter(|setting| reads(command, setting)).map(|row| row.name).collect();
        assert_eq!(read, expected, "{command}");
    }
}

#[test]
fn the_definition_holds_together() {
    parser().debug_assert();
}
