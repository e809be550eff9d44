//! Runs every command of README.md, so that it never promises what does not work.

mod commands;
mod reader;
mod server;

use std::fs;

use crate::console;
use crate::error::{Context, Result};
use crate::process;
use crate::workspace;

use commands::{Kind, commands};
use reader::Reader;
use server::Server;

/// A README is read before anything works, so it has to be short.
const LINE_LIMIT: usize = 150;

pub(crate) fn run() -> Result<()> {
    let text = fs::read_to_string(workspace::file("README.md")).context(|| "cannot read README.md".to_owned())?;
    check_length(&text)?;
    let reader = Reader::new()?;
    let mut server = None;
    for command in commands(&text) {
        match Kind::of(&command) {
            Kind::Tests => console::note(format!("leaving out `{command}`, which .ci/run runs by itself")),
            Kind::Server => {
                // The port can be used once only.
                server.take().map_or(Ok(()), Server::stop)?;
                server = Some(serve(&reader, &command)?);
            }
            Kind::Other => process::run(&mut reader.bash(&command))?,
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
    use super::check_length;

    #[test]
    fn refuses_a_readme_of_150_lines() {
        assert!(check_length(&"line\n".repeat(149)).is_ok());
        assert!(check_length(&"line\n".repeat(150)).is_err());
    }
}
