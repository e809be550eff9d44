//! What can be asked of `cargo xtask`.

use std::ffi::OsString;

use clap::{Parser, Subcommand, ValueEnum};

/// Developer tasks of the `live` workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Run every test and doctest against a throwaway PostgreSQL
    ///
    /// PostgreSQL and Chromium are installed by the system's package manager where they are missing and may be installed. The
    /// tests are run by cargo-nextest where it is installed, and by `cargo test` where it is not.
    Test {
        /// How much data the tests work on
        #[arg(long, value_enum, default_value_t = Size::Small)]
        size: Size,
        /// Passed on to the test runner, such as a name to filter by or `-p live-domain`; doctests are then left out
        #[arg(last = true, value_name = "RUNNER ARGUMENTS")]
        runner_arguments: Vec<OsString>,
    },
    /// Run a command beside a throwaway PostgreSQL, its address in `TEST_DATABASE_URL`
    Postgres {
        /// The command and its arguments
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Check formatting, clippy and rustdoc; every warning is an error
    Lint,
    /// Check which crates may depend on which, and the licences and sources of all dependencies
    Deps {
        /// Also look for known vulnerabilities, which needs the network
        #[arg(long)]
        advisories: bool,
    },
    /// Check what is in deploy/, by systemd-analyze, haproxy, promtool, hadolint and the schemas of compose and Kubernetes
    ///
    /// What is missing is installed: into target/tools, and systemd-analyze, `HAProxy` and Python by the system's package manager.
    Deploy,
    /// Write docs/openapi.json from the code
    Openapi {
        /// Write nothing, and fail when the file is out of date
        #[arg(long)]
        check: bool,
    },
    /// Package live-domain, and follow docs/embedding.md from its first command to its last
    Embedding,
    /// Refuse an API that breaks a client of the last released version
    ///
    /// docs/openapi.json is compared with that of the newest tag `v*` that this commit comes after. Without such a tag there
    /// is nothing to do.
    Compatibility,
    /// Run every command of README.md and of the pages in docs/
    ///
    /// The service of a page listens on 127.0.0.1:8080, as the page says. Node.js and Python, for clients, are installed
    /// where they are missing and may be.
    Docs {
        /// Run those pages alone whose names hold one of these texts
        pages: Vec<String>,
    },
    /// Roll from the last released version to this one, under load
    ///
    /// The release is the newest tag `v*` that this commit comes after. It is built beside this one, and serves on a
    /// schema that this one has brought up. Without such a tag there is nothing to do.
    Upgrade,
    /// Run every check but the tests: lint, deps, deploy, openapi --check, compatibility, microbench --check, embedding, docs, upgrade
    Ci,
    /// Run the acceptance tests at their full sizes on release builds
    Acceptance {
        /// Passed on to the test runner in place of the filter `acceptance`
        #[arg(last = true, value_name = "RUNNER ARGUMENTS")]
        runner_arguments: Vec<OsString>,
    },
    /// Measure the service beside what the database can do by itself, and print it as a table
    ///
    /// Needs `wrk`. Passes on `--sessions`, `--rounds`, `--seconds` and `--only NAME`.
    Bench {
        /// Passed on to the benchmark
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
    /// Measure single steps of a request, such as the check of a token, without a database
    Microbench {
        /// Measure nothing: run each once, to see that it works
        #[arg(long)]
        check: bool,
        /// Passed on to the benchmarks, such as a name to filter by
        #[arg(last = true, value_name = "BENCHMARK ARGUMENTS")]
        arguments: Vec<OsString>,
    },
}

/// How much data the tests work on; they read it from `TEST_SIZE`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Size {
    /// Enough rows for every rule, quick to run
    Small,
    /// The sizes which the requirements name
    Full,
}

impl Size {
    /// The value of `TEST_SIZE`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Full => "full",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, Task};

    #[test]
    fn is_a_consistent_command_line() {
        Cli::command().debug_assert();
    }

    #[test]
    fn passes_on_what_follows_two_dashes_as_it_is() {
        let cli =
            Cli::try_parse_from(["xtask", "postgres", "--", "psql", "-c", "select 1"]).expect("a valid command line");
        let Task::Postgres { command } = cli.task else { panic!("another task: {:?}", cli.task) };
        assert_eq!(command, ["psql", "-c", "select 1"]);
    }
}
