//! The secret that `live dev` makes for this machine and keeps.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Failure, say};
use crate::auth::Hs256Secret;
use crate::settings::Settings;

/// The secret, where `live dev` has made one.
pub(super) fn kept(settings: &Settings) -> Result<Option<Hs256Secret>, Failure> {
    match path(settings) {
        Some(path) => read(&path),
        None => Ok(None),
    }
}

/// The secret; made if there is none yet. It says which of the two.
pub(super) fn kept_or_made(settings: &Settings) -> Result<Hs256Secret, Failure> {
    let path = path(settings).ok_or_else(|| {
        let needs = "there is no place to keep a secret in: set HOME, XDG_STATE_HOME or LIVE_AUTH_HS256_SECRET";
        Failure::Configuration(needs.to_owned())
    })?;
    if let Some(secret) = read(&path)? {
        say(&format!("secret: found in {}", path.display()));
        return Ok(secret);
    }
    make(&path).map_err(|error| unusable(&path, &error.to_string()))?;
    say(&format!("secret: made for this machine and kept in {}", path.display()));
    // Another process may have made one meanwhile: whoever was first is right.
    read(&path)?.ok_or_else(|| unusable(&path, "it went away"))
}

fn path(settings: &Settings) -> Option<PathBuf> {
    settings.state_folder().map(|folder| folder.join("live").join("dev-secret"))
}

fn read(path: &Path) -> Result<Option<Hs256Secret>, Failure> {
    keep_private(path).map_err(|error| unusable(path, &error.to_string()))?;
    match std::fs::read(path) {
        Ok(bytes) => {
            let bytes = bytes.trim_ascii_end().to_vec();
            let secret = Hs256Secret::new(bytes).map_err(|fault| unusable(path, &format!("its secret {fault}")))?;
            Ok(Some(secret))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(path, &error.to_string())),
    }
}

/// Takes away what others may do with the file.
fn keep_private(path: &Path) -> std::io::Result<()> {
    let mode = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        metadata => metadata?.permissions().mode(),
    };
    if mode.trailing_zeros() >= 6 { Ok(()) } else { std::fs::set_permissions(path, Permissions::from_mode(0o600)) }
}

fn unusable(path: &Path, fault: &str) -> Failure {
    let path = path.display();
    Failure::Configuration(format!("{path} cannot be used: {fault}; remove it, or set LIVE_AUTH_HS256_SECRET"))
}

/// Writes a new secret beside its place and then links it there, so that nobody ever reads half of one.
fn make(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = folder.join(format!("dev-secret.{}", std::process::id()));
    let secret = STANDARD.encode(rand::random::<[u8; 48]>());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(format!("{secret}\n").as_bytes())?;
    let linked = match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome,
    };
    std::fs::remove_file(&draft)?;
    linked
}
