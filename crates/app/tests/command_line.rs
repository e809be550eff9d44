//! The command line is documented, with examples that parse.
#![expect(clippy::unwrap_used, reason = "a test that cannot read what it compares has failed")]

use std::fs;
use std::path::Path;

use clap::{Arg, Command};
use live_app::cli::{documented, is_builtin, leaves, parser, reads};
use live_app::settings::{SETTINGS, Setting};

const PAGE: &str = include_str!("../../../docs/command-line.md");

const INTRODUCTION: &str = "\
# Command line

This page is made from the definition of the command line; `live manual` has the same as a manual page, and `live help COMMAND` or
`live COMMAND --help` what one command takes. A mistyped command or flag is answered with the nearest one, and exit code 2.

Every command takes the flag of every setting, so that one set of flags serves for all. Its help shows those that it reads;
[configuration.md](configuration.md) explains them, and the exit codes. Data goes to standard output, everything else to standard error.
A reader that stops early, as in `live manual | head`, is no error; that of `live export` has not got it all, and exit code 1 says so. There are
colours on a terminal alone, and none where `NO_COLOR` is set.
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
    text += &settings(path.split(' ').nth(1).unwrap());
    text + &format!("\n```text\n{}\n```\n", examples(command).join("\n"))
}

fn row(argument: &Arg) -> String {
    let help = argument.get_help().unwrap();
    let name = argument.get_long().map(|long| format!("--{long}"));
    if !argument.get_action().takes_values() {
        return format!("| `{}` | {help} |\n", name.unwrap());
    }
    let value = argument.get_value_names().and_then(|names| names.first()).unwrap().to_string();
    let shown: Vec<_> = name.into_iter().chain([value]).collect();
    let words: Vec<_> = argument.get_possible_values().iter().map(|word| format!("`{}`", word.get_name())).collect();
    let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
    let default = argument.get_default_values().first().and_then(|value| value.to_str());
    let default = default.map(|value| format!("; `{value}` by default")).unwrap_or_default();
    format!("| `{}` | {help}{words}{default} |\n", shown.join(" "))
}

/// Which settings a command reads, told by what is less to name.
fn settings(command: &str) -> String {
    let (read, not_read): (Vec<_>, Vec<_>) = SETTINGS.iter().partition(|setting| reads(command, setting));
    let names = |settings: Vec<&Setting>| {
        settings.iter().map(|setting| format!("`{}`", setting.name)).collect::<Vec<_>>().join(", ")
    };
    match (read.len(), not_read.len()) {
        (0, _) => "\nReads no setting.\n".to_owned(),
        (_, 0) => "\nReads every setting.\n".to_owned(),
        (some, few) if few < some => format!("\nReads every setting but {}.\n", names(not_read)),
        _ => format!("\nReads {}.\n", names(read)),
    }
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
