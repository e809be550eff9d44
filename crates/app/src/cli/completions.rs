//! `live completions`.

use clap::{Args, ValueEnum};
use clap_complete::aot;

use super::{Failure, definition, print};

#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Fish,
    Zsh,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let shell = match self.shell {
            Shell::Bash => aot::Shell::Bash,
            Shell::Fish => aot::Shell::Fish,
            Shell::Zsh => aot::Shell::Zsh,
        };
        let mut script = Vec::new();
        aot::generate(shell, &mut definition::shown(), "live", &mut script);
        print(&String::from_utf8_lossy(&script))
    }
}
