//! Runs every command of README.md and of the pages in docs/, so that they never promise what does not work.

mod page;
mod reader;
mod server;

use std::fs;
use std::path::Path;

use crate::console;
use crate::error::{Context, Error, Result};
use crate::process;
use crate::workspace::{self, cargo};

use page::{Page, Part};
use reader::Reader;
use server::Server;

/// A README is read before anything works, so it has to be short.
const LINE_LIMIT: usize = 150;

/// The pages that are about a clone. What the others say is done in a folder of the reader's, with `live` installed.
const IN_THE_CLONE: [&str; 2] = ["README.md", "docs/tutorial.md"];

/// The pages that checks of their own follow: `cargo xtask embedding`, in a program of its own, and the tests of the command
/// line, of whose definition the second is made.
const FOLLOWED_APART: [&str; 2] = ["docs/embedding.md", "docs/command-line.md"];

/// How many blocks of each page are marked as not run. Whoever marks one more says so here too.
const NOT_RUN: [(&str, usize); 2] = [("README.md", 1), ("docs/operations.md", 8)];

pub(crate) fn run(only: &[String]) -> Result<()> {
    let pages = read()?;
    check_marks(&pages)?;
    process::run(&mut cargo(&["build", "--quiet", "--package", "live-app"]))?;
    let chosen = |page: &&Page| only.is_empty() || only.iter().any(|name| page.name.contains(name.as_str()));
    for page in pages.iter().filter(chosen).filter(|page| !page.parts.is_empty()) {
        run_page(page).context(|| page.name.clone())?;
    }
    for page in &pages {
        for reason in &page.not_run {
            console::note(format!("{}: a block is not run by CI: {reason}", page.name));
        }
    }
    Ok(())
}

/// The README first, as everybody does.
fn read() -> Result<Vec<Page>> {
    let folder = workspace::file("docs");
    let mut names = vec!["README.md".to_owned()];
    let entries = fs::read_dir(&folder).context(|| format!("cannot read {}", folder.display()))?;
    let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.extend(files.filter(|name| is_page(name)).map(|name| format!("docs/{name}")));
    names.retain(|name| !FOLLOWED_APART.contains(&name.as_str()));
    names[1..].sort();
    names.into_iter().map(read_page).collect()
}

fn is_page(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "md")
}

fn read_page(name: String) -> Result<Page> {
    let text = fs::read_to_string(workspace::file(&name)).context(|| format!("cannot read {name}"))?;
    if name == "README.md" {
        check_length(&text)?;
    }
    Page::parse(name, &text)
}

fn check_marks(pages: &[Page]) -> Result<()> {
    for page in pages {
        let expected = NOT_RUN.iter().find(|(name, _)| *name == page.name).map_or(0, |(_, count)| *count);
        if page.not_run.len() != expected {
            return Err(format!(
                "{} marks {} blocks as not run, and {expected} are known; let CI run them, or change NOT_RUN in \
                 crates/xtask/src/docs.rs",
                page.name,
                page.not_run.len()
            )
            .into());
        }
    }
    Ok(())
}

/// Runs a page as somebody who reads nothing else.
fn run_page(page: &Page) -> Result<()> {
    console::note(format!("running the commands of {}", page.name));
    let reader = Reader::new(IN_THE_CLONE.contains(&page.name.as_str()))?;
    let mut server = None;
    for part in &page.parts {
        match part {
            Part::Server(command) => {
                // The port can be used once only.
                server.take().map_or(Ok(()), Server::stop)?;
                server = Some(serve(&reader, command)?);
            }
            Part::Script(text) => process::run(&mut reader.script(&page.name, text)?)
                .map_err(|error| Error::from(format!("{error}; the last line that begins with `+` is the command")))?,
        }
    }
    server.map_or(Ok(()), Server::stop)
}

/// Starts the service and asks it what its own output says to ask.
fn serve(reader: &Reader, command: &str) -> Result<Server> {
    let (server, request) = Server::start(reader, command)?;
    let answer = process::text(&mut reader.bash(&request))?;
    if !answer.contains("\"sessions\"") {
        return Err(format!(
            "`{request}`, which `{command}` printed, did not answer with \"sessions\" but with:\n{answer}"
        )
        .into());
    }
    console::note(format!("the request it printed was answered with {} bytes of sessions", answer.len()));
    Ok(server)
}

fn check_length(text: &str) -> Result<()> {
    let lines = text.lines().count();
    if lines < LINE_LIMIT {
        return Ok(());
    }
    Err(format!(
        "README.md has {lines} lines and must stay under {LINE_LIMIT}; move what is not needed at first into docs/"
    )
    .into())
}

#[cfg(test)]
mod tests {
    use super::page::Page;
    use super::{check_length, check_marks};

    #[test]
    fn refuses_a_readme_of_150_lines() {
        assert!(check_length(&"line\n".repeat(149)).is_ok());
        assert!(check_length(&"line\n".repeat(150)).is_err());
    }

    #[test]
    fn refuses_a_mark_that_nobody_counted() {
        let page = |text| Page::parse("docs/api.md".to_owned(), text).expect("a page");
        assert!(check_marks(&[page("```sh\nls\n```\n")]).is_ok());
        assert!(check_marks(&[page("*Not run by CI: it asks.*\n```sh\nls\n```\n")]).is_err());
    }
}
