//! `live import`.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueHint};
use indicatif::{ProgressBar, ProgressStyle};
use live_domain::bulk::Line;
use live_domain::{Clock, Import as StagedImport, SystemClock};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Failure, say, store};
use crate::ndjson::{LineError, MAX_LINE, parse_registration, parse_session};
use crate::settings::Settings;

/// How many lines go to the store at a time.
const BATCH: usize = 2_000;
/// How many batches wait for the store: reading goes on meanwhile, in constant memory.
const WAITING_BATCHES: usize = 2;

#[derive(Subcommand)]
pub(super) enum Import {
    /// Read sessions, whose key is `id`
    Sessions(Source),
    /// Read registrations, whose key is `session_id` and `user_id`
    Registrations(Source),
}

#[derive(Args)]
pub(super) struct Source {
    /// The file, one JSON object a line; - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

impl Import {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = store::open_current(settings).await?;
        let now = SystemClock.now();
        match self {
            Self::Sessions(source) => {
                let parse = move |line: &str| parse_session(line, now);
                import(store.bulk.import_sessions(now).await?, &source.file, parse).await
            }
            Self::Registrations(source) => {
                let parse = move |line: &str| parse_registration(line, now, Uuid::now_v7());
                import(store.bulk.import_registrations(now).await?, &source.file, parse).await
            }
        }
    }
}

async fn import<T: Send + 'static>(
    mut staged: Box<dyn StagedImport<T>>,
    file: &Path,
    parse: impl Fn(&str) -> Result<T, LineError> + Send + 'static,
) -> Result<(), Failure> {
    let (source, size) = open(file)?;
    let progress = progress(size);
    let (sender, mut batches) = mpsc::channel(WAITING_BATCHES);
    let counted = progress.clone();
    let reader = tokio::task::spawn_blocking(move || read(source, &counted, parse, &sender));
    while let Some(batch) = batches.recv().await {
        staged.stage(batch).await?;
    }
    let lines = reader.await.map_err(|error| Failure::Failed(error.to_string()))??;
    progress.set_message("applying");
    let imported = staged.apply().await?;
    progress.finish_and_clear();
    say(&format!(
        "imported {lines}: {} new, {} changed, {} as they were",
        imported.created, imported.changed, imported.unchanged
    ));
    Ok(())
}

type Bytes = Box<dyn Read + Send>;

fn open(file: &Path) -> Result<(Bytes, Option<u64>), Failure> {
    if file == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let unreadable = |error: std::io::Error| Failure::Failed(format!("{} cannot be read: {error}", file.display()));
    let opened = File::open(file).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(unreadable(ErrorKind::IsADirectory.into()));
    }
    Ok((Box::new(opened), Some(metadata.len())))
}

/// A bar on a terminal, nothing elsewhere.
fn progress(size: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match size {
        Some(size) => (ProgressBar::new(size), "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta} {msg}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} {bytes_per_sec} {msg}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Reads all lines, sends them in batches, and returns how many there were.
fn read<T>(
    source: Bytes,
    progress: &ProgressBar,
    parse: impl Fn(&str) -> Result<T, LineError>,
    batches: &mpsc::Sender<Vec<Line<T>>>,
) -> Result<u64, Failure> {
    let mut source = BufReader::with_capacity(1 << 18, source);
    let mut batch = Vec::with_capacity(BATCH);
    let (mut bytes, mut number, mut count) = (Vec::new(), 0, 0);
    loop {
        number += 1;
        let refused =
            |fault: &dyn std::fmt::Display| Failure::Failed(format!("line {number}: {fault}; nothing was imported"));
        let Some(text) = next_line(&mut source, &mut bytes).map_err(|fault| refused(&fault))? else { break };
        progress.inc(u64::try_from(text.len()).unwrap_or(0) + 1);
        // A blank line says nothing; files often end with one.
        if text.trim_ascii().is_empty() {
            continue;
        }
        batch.push(Line { number, value: parse(text).map_err(|fault| refused(&fault))? });
        count += 1;
        if batch.len() == BATCH
            && batches.blocking_send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))).is_err()
        {
            break; // The store failed; it tells why.
        }
    }
    let _told_by_the_store = batches.blocking_send(batch);
    Ok(count)
}

/// The next line without its end; none at the end of the file.
fn next_line<'a>(source: &mut impl BufRead, bytes: &'a mut Vec<u8>) -> Result<Option<&'a str>, String> {
    bytes.clear();
    let bound = u64::try_from(MAX_LINE + 2).unwrap_or(u64::MAX);
    let read =
        source.by_ref().take(bound).read_until(b'\n', bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if read == 0 {
        return Ok(None);
    }
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > MAX_LINE {
        return Err(format!("is longer than {MAX_LINE} bytes"));
    }
    if line.starts_with("\u{feff}".as_bytes()) {
        return Err("begins with a byte order mark: save the file without one".to_owned());
    }
    std::str::from_utf8(line).map(Some).map_err(|_| "is not valid UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<Result<String, String>> {
        let (mut source, mut bytes, mut found) = (BufReader::with_capacity(7, text), Vec::new(), Vec::new());
        loop {
            match next_line(&mut source, &mut bytes) {
                Ok(None) => return found,
                Ok(Some(line)) => found.push(Ok(line.to_owned())),
                Err(fault) => {
                    found.push(Err(fault));
                    return found;
                }
            }
        }
    }

    #[test]
    fn takes_lines_however_they_end() {
        let owned = |texts: &[&str]| texts.iter().map(|text| Ok((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(lines(b"one\r\ntwo\n\nthree"), owned(&["one", "two", "", "three"]));
        assert_eq!(lines(b""), owned(&[]));
    }

    #[test]
    fn bounds_a_line_exactly() {
        let line = |length: usize| [vec![b'x'; length], b"\n".to_vec()].concat();
        assert_eq!(lines(&line(MAX_LINE))[0].as_ref().map(String::len), Ok(MAX_LINE));
        assert_eq!(lines(&line(MAX_LINE + 1)), [Err(format!("is longer than {MAX_LINE} bytes"))]);
        assert_eq!(lines(&line(MAX_LINE * 3)), [Err(format!("is longer than {MAX_LINE} bytes"))]);
    }

    #[test]
    fn refuses_what_is_no_utf_8() {
        assert_eq!(lines(b"a\n\xff\n"), [Ok("a".to_owned()), Err("is not valid UTF-8".to_owned())]);
    }
}
