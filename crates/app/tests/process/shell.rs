//! What a shell and a terminal get.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::support::{Machine, Said, Server, said, session_lines};

/// What a command says on a terminal. Standard error comes with standard output, as it does there.
fn on_terminal(machine: &Machine, arguments: &str) -> String {
    let plain = machine.command(arguments.split(' '));
    let mut command = Command::new("script");
    command.args(["--quiet", "--command", &format!("'{}' {arguments}", env!("CARGO_BIN_EXE_live")), "/dev/null"]);
    command.env_clear().current_dir(machine.path());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    said(command.spawn().expect("`script` of util-linux gives a terminal")).out
}

/// A machine whose terminal knows colours.
fn colourful() -> Machine {
    let nobody = "postgres://live@127.0.0.1:1/live";
    Machine::serving(nobody).with("LIVE_BIND", "127.0.0.1:0").with("LIVE_DB_WAIT_MS", "0").with("TERM", "xterm")
}

/// What writes colours, if any are to be: the help, a fault of usage, the log, the report.
const COLOURED: [&str; 4] = ["token --help", "tokn", "serve", "doctor"];

#[test]
fn a_terminal_gets_colours() {
    for arguments in COLOURED {
        let text = on_terminal(&colourful(), arguments);
        assert!(text.contains('\u{1b}'), "{arguments}: {text}");
    }
}

#[test]
fn no_color_and_dumb_terminals_get_none() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        for arguments in COLOURED {
            let text = on_terminal(&colourful().with(name, value), arguments);
            assert!(!text.is_empty() && !text.contains('\u{1b}'), "{name}: {arguments}: {text:?}");
        }
    }
}

#[test]
fn what_is_no_terminal_gets_no_colours() {
    for arguments in COLOURED {
        let said = colourful().run(&arguments.split(' ').collect::<Vec<_>>());
        assert!(!(said.out + &said.err).contains('\u{1b}'), "{arguments}");
    }
}

#[test]
fn no_color_leaves_the_bar_of_an_import_without_colours() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db").with("TERM", "xterm").with("NO_COLOR", "1");
    machine.ok(&["migrate"]);
    machine.file("sessions.ndjson", &session_lines(1..=3));
    let text = on_terminal(&machine, "import sessions sessions.ndjson");
    assert!(text.contains("imported 3"), "{text}");
    // A bar moves the cursor, which is no colour: those end in m.
    let coloured = text
        .split("\u{1b}[")
        .skip(1)
        .any(|code| code.find(char::is_alphabetic).is_some_and(|end| code[end..].starts_with('m')));
    assert!(!coloured, "{text:?}");
}

/// A command whose standard output nobody reads to the end.
fn unread(machine: &Machine, arguments: &[&str]) -> Said {
    let mut child = machine.command(arguments).spawn().unwrap();
    let mut first = [0];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    said(child)
}

#[test]
fn a_reader_that_goes_away_is_no_error_where_nothing_is_lost() {
    let machine = Machine::new();
    for arguments in ["openapi", "serve --help", "completions bash", "completions zsh", "manual"] {
        let said = unread(&machine, &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{arguments}");
    }
}

#[test]
fn a_doctor_that_is_not_read_to_the_end_has_found_what_it_has() {
    assert_eq!(unread(&Machine::new().with("LIVE_BIND", "nonsense"), &["doctor"]).code, 78);
}

#[test]
fn a_standard_error_that_nobody_reads_changes_nothing() {
    let machine = Machine::new();
    let mut child = machine.command(["token"]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(said(child).code, 2);
    let mut child = machine.command(["export", "sessions"]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(said(child).code, 78);
}

/// What bash offers for a word that is yet to be begun, after these.
fn offered(words: &str) -> Vec<String> {
    let script = Machine::new().ok(&["completions", "bash"]);
    let ask = format!(
        "{script}\nCOMP_WORDS=({words} ''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
         _live live '' \"${{COMP_WORDS[COMP_CWORD - 1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_flags_and_values() {
    let commands = offered("live");
    for command in ["dev", "serve", "completions", "manual"] {
        assert!(commands.contains(&command.to_owned()), "{command}: {commands:?}");
    }
    assert_eq!(offered("live completions"), ["-h", "-V", "--help", "--version", "bash", "fish", "zsh"]);
    assert_eq!(offered("live serve --log"), ["text", "json"]);
    assert_eq!(offered("live serve --migrate-on-start"), ["true", "false"]);
    let flags = offered("live healthcheck");
    assert!(flags.contains(&"--bind".to_owned()) && !flags.contains(&"--database-url".to_owned()), "{flags:?}");
}

#[test]
fn a_flag_that_a_command_does_not_read_is_taken_wherever_it_stands() {
    for arguments in
        [&["--database-url", "sqlite:live.db", "openapi"][..], &["openapi", "--database-url", "sqlite:live.db"]]
    {
        Machine::new().ok(arguments);
    }
    let said = Machine::new().run(&["export", "--database-url", "sqlite:nowhere.db", "sessions"]);
    assert!(said.err.contains("store: sqlite:nowhere.db (from --database-url)"), "{}", said.err);
}

#[test]
fn what_is_mistyped_is_answered_with_the_nearest() {
    for (arguments, nearest) in [(&["sevre"][..], "'serve'"), (&["serve", "--bnd", "x"], "'--bind'")] {
        let said = Machine::new().run(arguments);
        assert_eq!(said.code, 2);
        assert!(said.err.contains(nearest), "{}", said.err);
    }
}

#[test]
fn the_manual_names_every_command_and_setting() {
    let page = Machine::new().ok(&["manual"]);
    assert!(page.contains(".TH live 1"), "{page}");
    for title in ["live dev", "live import sessions", "live manual", "STORE", "TOKENS", "SERVICE", "LOG"] {
        assert!(
            page.contains(&format!(".SS \"{title}\"\n")) || page.contains(&format!(".SS {title}\n")),
            "{title}: {page}"
        );
    }
    for setting in live_app::settings::SETTINGS {
        assert!(page.contains(setting.name), "{}", setting.name);
    }
}

#[test]
fn live_dev_says_what_it_made_and_what_comes_next() {
    let machine = Machine::new();
    for (secret, is_first) in [("made for this machine", true), ("found in", false)] {
        let mut server = Server::dev(&machine);
        server.read_until(|line| line == "live migrate && live doctor && live serve");
        // The two streams do not wait for each other.
        let told = server.said.join("\n") + &server.rest();
        assert!(told.contains(&format!("secret: {secret}")), "{told}");
        assert_eq!(told.contains("the file is new"), is_first, "{told}");
        assert_eq!(told.contains("filled the empty store"), is_first, "{told}");
        assert_eq!(told.contains("no samples are added"), !is_first, "{told}");
    }
}
