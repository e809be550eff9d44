//! Which program runs the tests, and how it is asked to.

use std::ffi::OsString;
use std::process::Command;

use crate::process;
use crate::workspace::cargo;

/// What runs the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    /// cargo-nextest: each test a process of its own
    Nextest,
    /// What every toolchain has
    CargoTest,
}

/// What is asked of a runner.
pub(crate) struct Order<'a> {
    pub(crate) release: bool,
    /// Whether to print what tests print even when they pass.
    pub(crate) show_output: bool,
    /// The developer's own arguments, such as a name to filter by.
    pub(crate) arguments: &'a [OsString],
    /// Tests whose names hold this are left out.
    pub(crate) left_out: Option<&'static str>,
}

impl Runner {
    pub(crate) fn installed() -> Self {
        if process::succeeds(&mut cargo(&["nextest", "--version"])) { Self::Nextest } else { Self::CargoTest }
    }

    pub(crate) fn introduction(self) -> &'static str {
        match self {
            Self::Nextest => "cargo-nextest runs the tests",
            Self::CargoTest => "`cargo test` runs the tests; with cargo-nextest installed they would take less time",
        }
    }

    pub(crate) fn runs_doctests(self) -> bool {
        self == Self::CargoTest
    }

    pub(crate) fn command(self, order: &Order<'_>) -> Command {
        let mut command = match self {
            Self::Nextest => cargo(&["nextest", "run"]),
            Self::CargoTest => cargo(&["test"]),
        };
        if !names_a_package(order.arguments) {
            command.arg("--workspace");
        }
        command.args(["--all-features", "--no-fail-fast"]);
        if order.release {
            command.arg("--release");
        }
        if order.show_output && self == Self::Nextest {
            command.args(["--success-output", "immediate", "--failure-output", "immediate"]);
        }
        command.args(order.arguments);
        match (self, order.left_out) {
            (_, None) => {}
            (Self::Nextest, Some(name)) => drop(command.args(["-E", &format!("not test({name})")])),
            (Self::CargoTest, Some(name)) => drop(command.args(["--", "--skip", name])),
        }
        if order.show_output && self == Self::CargoTest {
            if !order.arguments.iter().any(|argument| argument == "--") {
                command.arg("--");
            }
            command.arg("--nocapture");
        }
        command
    }
}

/// `--workspace` would win over a package that was asked for.
fn names_a_package(arguments: &[OsString]) -> bool {
    let own = arguments.iter().take_while(|argument| *argument != "--");
    own.map(|argument| argument.to_string_lossy())
        .any(|argument| argument.starts_with("-p") || argument == "--package" || argument.starts_with("--package="))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Order, Runner};
    use crate::process::describe;

    fn asked(runner: Runner, show_output: bool, arguments: &[&str]) -> String {
        let arguments = arguments.iter().map(OsString::from).collect::<Vec<_>>();
        describe(&runner.command(&Order { release: show_output, show_output, arguments: &arguments, left_out: None }))
    }

    #[test]
    fn leaves_out_what_needs_more_than_the_tests_may_install() {
        let asked = |runner: Runner| {
            let order = Order { release: false, show_output: false, arguments: &[], left_out: Some("behind_it") };
            describe(&runner.command(&order))
        };
        assert!(
            asked(Runner::Nextest).ends_with("--no-fail-fast -E 'not test(behind_it)'"),
            "{}",
            asked(Runner::Nextest)
        );
        assert!(asked(Runner::CargoTest).ends_with("--no-fail-fast -- --skip behind_it"));
    }

    #[test]
    fn tests_the_whole_workspace_unless_a_package_is_named() {
        assert_eq!(asked(Runner::Nextest, false, &[]), "cargo nextest run --workspace --all-features --no-fail-fast");
        assert_eq!(
            asked(Runner::CargoTest, false, &["-p", "live-domain"]),
            "cargo test --all-features --no-fail-fast -p live-domain"
        );
    }

    #[test]
    fn shows_the_output_of_tests_that_pass_when_asked_to() {
        assert!(asked(Runner::Nextest, true, &["acceptance"]).ends_with("--failure-output immediate acceptance"));
        assert!(asked(Runner::CargoTest, true, &["acceptance"]).ends_with("--release acceptance -- --nocapture"));
        assert!(asked(Runner::CargoTest, true, &["--", "--exact"]).ends_with("--release -- --exact --nocapture"));
    }
}
