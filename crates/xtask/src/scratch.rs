//! Temporary folders.

use std::env;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Context, Result};

/// A folder for this run only, which nobody else can read; removed with everything in it when dropped.
#[derive(Debug)]
pub(crate) struct ScratchFolder(PathBuf);

impl ScratchFolder {
    pub(crate) fn new(purpose: &str) -> Result<Self> {
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        let path = env::temp_dir().join(format!("live-{purpose}-{}-{moment:x}", process::id()));
        let made = fs::DirBuilder::new().mode(0o700).create(&path);
        made.context(|| {
            format!(
                "cannot make the temporary folder {}; set TMPDIR to a folder that can be written to",
                path.display()
            )
        })?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // Nobody can act on a failure here, and the system clears its temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}
