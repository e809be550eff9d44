//! The commands in a Markdown text.

/// How a command is to be run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The test suite
    Tests,
    /// A service that keeps running
    Server,
    Other,
}

impl Kind {
    pub(super) fn of(command: &str) -> Self {
        let words: Vec<_> = command.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        if words.starts_with(&["cargo", "xtask", "test"]) {
            Self::Tests
        } else if words.starts_with(&["cargo", "run"]) && words.windows(2).any(|pair| pair == ["--", "dev"]) {
            Self::Server
        } else {
            Self::Other
        }
    }
}

/// The commands in the blocks fenced as ```` ```sh ````, in order: each line is one, unless it ends in a backslash.
/// Comments and blank lines are none.
pub(super) fn commands(markdown: &str) -> Vec<String> {
    let mut commands = Vec::new();
    let mut unfinished = String::new();
    for line in shell_lines(markdown) {
        if unfinished.is_empty() && (line.is_empty() || line.starts_with('#')) {
            continue;
        }
        unfinished.push_str(line);
        if line.ends_with('\\') {
            unfinished.push('\n');
        } else {
            commands.push(std::mem::take(&mut unfinished));
        }
    }
    commands
}

fn shell_lines(markdown: &str) -> impl Iterator<Item = &str> {
    // The language of the block we are in, if any.
    let mut block: Option<&str> = None;
    markdown.lines().map(str::trim).filter(move |line| {
        match (line.strip_prefix("```"), block) {
            (Some(_), Some(_)) => block = None,
            (Some(language), None) => block = Some(language),
            (None, language) => return language == Some("sh"),
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, commands};

    #[test]
    fn takes_the_lines_of_shell_blocks_only() {
        let markdown = "Text\n```sh\n# a comment\ncargo run -- dev\n\ncurl localhost\n```\n\
                        ```json\n{}\n```\n```\nplain\n```\n  ```sh\n  ls\n  ```\n";
        assert_eq!(commands(markdown), ["cargo run -- dev", "curl localhost", "ls"]);
    }

    #[test]
    fn continues_a_line_that_ends_in_a_backslash() {
        assert_eq!(
            commands("```sh\ncurl \\\n  -H 'a: b' \\\n  localhost\nls\n```\n"),
            ["curl \\\n-H 'a: b' \\\nlocalhost", "ls"]
        );
    }

    #[test]
    fn knows_the_tests_and_the_service() {
        assert_eq!(Kind::of("cargo xtask test"), Kind::Tests);
        assert_eq!(Kind::of("cargo run -- dev"), Kind::Server);
        assert_eq!(Kind::of("cargo run --release -- dev --sessions 100   # slower to build"), Kind::Server);
        assert_eq!(Kind::of("cargo run -- token --help # not dev: -- dev"), Kind::Other);
        assert_eq!(Kind::of("curl localhost"), Kind::Other);
    }
}
