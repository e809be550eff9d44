//! How long it takes from the start of the process to its first answer, on a migrated store.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Instant;

use crate::failure::Failure;
use crate::http;
use crate::measure::median;
use crate::server::Site;

/// Of each store, in milliseconds: the median of the rounds.
pub(crate) struct Starts {
    pub(crate) postgres: f64,
    pub(crate) sqlite: f64,
}

pub(crate) fn measure(site: &Site, rounds: usize) -> Result<Starts, Failure> {
    let sqlite = format!("sqlite:{}", site.file("empty.db").display());
    site.migrate(&sqlite)?;
    let of = |url: &str| (0..rounds).map(|_| once(site, url)).collect::<Result<_, _>>().map(median);
    Ok(Starts { postgres: of(&site.database_url)?, sqlite: of(&sqlite)? })
}

fn once(site: &Site, url: &str) -> Result<f64, Failure> {
    let token = site.token(&[])?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let address = format!("127.0.0.1:{port}");
    let mut command = site.command(url, &["serve", "--bind", &address]);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn()?;
    // Refused until it listens; then the first answer.
    let status = loop {
        if let Ok(answer) = http::get(&address, "/v1/live/sessions", &token) {
            break answer.status();
        }
        if child.try_wait()?.is_some() {
            break 0;
        }
    };
    let took = begun.elapsed().as_secs_f64() * 1_000.0;
    let _already_gone = child.kill();
    child.wait()?;
    if status == 200 { Ok(took) } else { Err(Failure::because(format!("the first answer was {status}"))) }
}
