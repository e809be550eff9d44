//! What a page in Markdown tells its reader to do.
//!
//! A block fenced as ```` ```sh ```` is run; all of them in one shell, as in one terminal, so that variables stay. One fenced
//! as `python` or `ts` is a file, which its first line, a comment, names. A block after a line `*Not run by CI: REASON.*` is
//! left out, and counted. Commands stand in no other block: there nobody would notice that they do not work.

use std::mem;

use crate::error::{Error, Result};

/// Stands before a block that cannot be run, for readers to see.
const MARK: &str = "*Not run by CI: ";
/// Languages of files, and what their comments begin with.
const FILES: [(&str, &str); 2] = [("python", "# "), ("ts", "// ")];
/// Programs that a command in these pages begins with.
const PROGRAMS: [&str; 12] = [
    "cargo",
    "curl",
    "live",
    "docker",
    "kubectl",
    "export",
    "journalctl",
    "node",
    "npm",
    "npx",
    "python3",
    "systemctl",
];
/// Ends a file in a script. No page holds it.
const END: &str = "END-OF-THE-FILE";

#[derive(Debug)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    /// Why blocks are not run, one reason each
    pub(super) not_run: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A service that keeps running, in a terminal of its own
    Server(String),
    /// Lines of a shell, each at the number that it has in the page
    Script(String),
}

enum Block<'a> {
    Script,
    File,
    Skipped,
    /// Its language
    Other(&'a str),
}

impl Page {
    pub(super) fn parse(name: String, markdown: &str) -> Result<Self> {
        let mut page = Self { name, parts: Vec::new(), not_run: Vec::new() };
        let mut script = Script::default();
        let (mut block, mut before) = (None, "");
        let mut lines = markdown.lines().map(str::trim_end).peekable();
        while let Some(line) = lines.next() {
            script.number += 1;
            match (line.trim_start().strip_prefix("```"), &block) {
                (Some(language), None) => {
                    let first = lines.peek().copied().unwrap_or_default();
                    block = Some(page.open(language, before, first, &mut script)?);
                }
                (Some(_), Some(open)) => {
                    if matches!(open, Block::File) {
                        script.push(END);
                    }
                    block = None;
                }
                (None, Some(Block::Script)) => page.command(line, &mut script)?,
                (None, Some(Block::File)) => script.push(line),
                (None, Some(Block::Other(language))) => page.refuse_command(line, language, script.number)?,
                (None, Some(Block::Skipped) | None) => {}
            }
            if !line.is_empty() {
                before = line;
            }
        }
        page.parts.extend(script.take());
        Ok(page)
    }

    fn open<'a>(&mut self, language: &'a str, before: &str, first: &str, script: &mut Script) -> Result<Block<'a>> {
        if let Some(reason) = before.strip_prefix(MARK) {
            self.not_run.push(reason.trim_end_matches(['*', '.']).to_owned());
            return Ok(Block::Skipped);
        }
        if language == "sh" {
            return Ok(Block::Script);
        }
        let Some((_, comment)) = FILES.iter().find(|(name, _)| *name == language) else {
            return Ok(Block::Other(language));
        };
        let file = first.strip_prefix(comment).filter(|name| name.contains('.') && !name.contains(' '));
        let file = file.ok_or_else(|| {
            self.fault(
                script.number,
                &format!("the first line of a block of {language} names its file: `{comment}NAME`"),
            )
        })?;
        script.push(&format!("cat > '{file}' <<'{END}'"));
        Ok(Block::File)
    }

    fn command(&mut self, line: &str, script: &mut Script) -> Result<()> {
        match first_words(line).as_slice() {
            ["live", "serve", ..] => {
                Err(self.fault(script.number, "`live serve` would not return; mark the block, or take `live dev`"))
            }
            // It runs these by itself.
            ["cargo", "xtask", "test", ..] => Ok(()),
            ["live", "dev", ..] | ["cargo", "run", .., "dev"] => {
                self.parts.extend(script.take());
                self.parts.push(Part::Server(line.trim().to_owned()));
                Ok(())
            }
            _ => {
                script.push(line);
                Ok(())
            }
        }
    }

    fn refuse_command(&self, line: &str, language: &str, number: usize) -> Result<()> {
        // What is set in is part of a drawing.
        let is_command = line.split(' ').next().is_some_and(|word| PROGRAMS.contains(&word));
        // What a program prints looks like a command at times, what is no text does not.
        if is_command && ["", "text", "console", "bash", "shell"].contains(&language) {
            return Err(self.fault(number, "a command stands in a block that is not run; fence it as `sh`"));
        }
        Ok(())
    }

    fn fault(&self, number: usize, text: &str) -> Error {
        Error::from(format!("{}:{number}: {text}", self.name))
    }
}

/// The words of a command up to its comment, `dev` the last of those that start a service with cargo.
fn first_words(line: &str) -> Vec<&str> {
    let words: Vec<_> = line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
    match words.windows(2).position(|pair| pair == ["--", "dev"]) {
        Some(place) => words.into_iter().take(place + 2).collect(),
        None => words,
    }
}

/// A script that grows, line for line with its page.
#[derive(Default)]
struct Script {
    text: String,
    lines: usize,
    number: usize,
}

impl Script {
    fn push(&mut self, line: &str) {
        while self.lines + 1 < self.number {
            self.text.push('\n');
            self.lines += 1;
        }
        self.text.push_str(line);
        self.text.push('\n');
        self.lines += 1;
    }

    fn take(&mut self) -> Option<Part> {
        self.lines = 0;
        let text = mem::take(&mut self.text);
        (!text.is_empty()).then_some(Part::Script(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Part};

    fn page(markdown: &str) -> Page {
        Page::parse("docs/page.md".to_owned(), markdown).expect("a page that can be run")
    }

    fn fault(markdown: &str) -> String {
        Page::parse("docs/page.md".to_owned(), markdown).expect_err("a page that cannot be run").to_string()
    }

    #[test]
    fn keeps_each_command_on_the_line_that_it_has_in_the_page() {
        let page = page("# Title\n```sh\nls \\\n  -l\n```\n```json\n{}\n```\n\n  ```sh\n  pwd\n  ```\n");
        assert_eq!(page.parts, [Part::Script("\n\nls \\\n  -l\n\n\n\n\n\n\n  pwd\n".to_owned())]);
    }

    #[test]
    fn starts_a_service_in_a_terminal_of_its_own() {
        for command in ["cargo run -- dev", "cargo run --release -- dev --sessions 100   # slower", "live dev"] {
            let page = page(&format!("```sh\nls\n{command}\npwd\n```\n"));
            let script = |text: &str| Part::Script(text.to_owned());
            assert_eq!(page.parts, [script("\nls\n"), Part::Server(command.to_owned()), script("\n\n\npwd\n")]);
        }
        let token = page("```sh\ncargo run -- token --help # not: -- dev\n```\n");
        assert!(matches!(token.parts.as_slice(), [Part::Script(_)]));
    }

    #[test]
    fn writes_a_file_that_a_block_names() {
        let page = page("# Title\n```python\n# list.py\nprint(1)\n```\n```sh\npython3 list.py\n```\n");
        let script = "\ncat > 'list.py' <<'END-OF-THE-FILE'\n# list.py\nprint(1)\nEND-OF-THE-FILE\n\npython3 list.py\n";
        assert_eq!(page.parts, [Part::Script(script.to_owned())]);
        assert!(fault("```python\nprint(1)\n```\n").contains("docs/page.md:1: the first line"));
    }

    #[test]
    fn leaves_out_what_is_marked_and_says_why() {
        let page = page("*Not run by CI: it needs a cluster.*\n\n```sh\nkubectl apply\n```\n\n```sh\nls\n```\n");
        assert_eq!(page.parts, [Part::Script("\n\n\n\n\n\n\nls\n".to_owned())]);
        assert_eq!(page.not_run, ["it needs a cluster"]);
    }

    #[test]
    fn leaves_the_tests_to_those_who_run_them() {
        assert!(page("```sh\ncargo xtask test\n```\n").parts.is_empty());
    }

    #[test]
    fn refuses_commands_that_would_not_be_noticed() {
        assert!(fault("```text\ncurl localhost\n```\n").contains("docs/page.md:2: a command stands in a block"));
        assert!(fault("```sh\nlive serve\n```\n").contains("docs/page.md:2: `live serve`"));
    }
}
