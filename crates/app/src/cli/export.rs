//! `live export`.

use std::io::{BufWriter, Write};

use clap::Subcommand;
use live_domain::Export as Rows;

use super::{Failure, store};
use crate::ndjson::{write_registration, write_session};
use crate::settings::Settings;

#[derive(Subcommand)]
pub(super) enum Export {
    /// Write sessions, ordered by id
    Sessions,
    /// Write registrations, ordered by session and person
    Registrations,
}

impl Export {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = store::open_current(settings).await?;
        match self {
            Self::Sessions => export(store.bulk.export_sessions().await?, write_session).await,
            Self::Registrations => export(store.bulk.export_registrations().await?, write_registration).await,
        }
    }
}

async fn export<T: Send + 'static>(mut rows: Box<dyn Rows<T>>, write: fn(&T, &mut Vec<u8>)) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout());
    loop {
        let batch = rows.next().await?;
        if batch.is_empty() {
            return out.flush().map_err(|error| cut_short(&error));
        }
        let mut lines = Vec::new();
        for row in &batch {
            write(row, &mut lines);
        }
        out.write_all(&lines).map_err(|error| cut_short(&error))?;
    }
}

/// Whoever reads no further has not got it all: what is taken for a whole export would lose what is not in it.
fn cut_short(error: &std::io::Error) -> Failure {
    Failure::Failed(format!("standard output cannot be written: {error}; what was written is not the whole export"))
}
