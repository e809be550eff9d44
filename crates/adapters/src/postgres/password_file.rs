//! Passwords in a file, as libpq keeps them (`.pgpass`): lines of `host:port:database:user:password`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::database_url::endpoint::{Endpoint, Host};

/// What stands for anything.
const ANY: &str = "*";
/// What a line names where the server is found by a socket.
const SOCKET: &str = "localhost";

/// The lines of a password file. Not shown for debugging.
#[derive(Clone, Default)]
pub(super) struct PasswordFile(Vec<[String; 5]>);

impl PasswordFile {
    /// Reads the file. One that others may read is passed over, as libpq does.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            tracing::warn!(path = %path.display(), "the password file is not used: others may read it (chmod 600 mends it)");
            return Ok(Self::default());
        }
        Ok(Self::of(&fs::read_to_string(path)?))
    }

    fn of(text: &str) -> Self {
        Self(
            text.lines()
                .filter(|line| !line.starts_with('#'))
                .filter_map(|line| fields(line).try_into().ok())
                .collect(),
        )
    }

    /// The password of the first line that is for this user, database and server.
    pub(super) fn password(&self, endpoint: &Endpoint, database: &str, user: &str) -> Option<&str> {
        let host = if matches!(endpoint.host, Host::Socket(_)) { SOCKET.to_owned() } else { endpoint.name() };
        let port = endpoint.port.to_string();
        let is = |pattern: &String, value: &str| pattern == ANY || pattern == value;
        self.0.iter().find_map(|[of_host, of_port, of_database, of_user, password]| {
            let fits = is(of_host, &host) && is(of_port, &port) && is(of_database, database) && is(of_user, user);
            fits.then_some(password.as_str())
        })
    }
}

/// The fields of a line. A backslash takes a colon or a backslash for itself.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let next = match character {
            '\\' => characters.next(),
            ':' => {
                fields.push(String::new());
                continue;
            }
            other => Some(other),
        };
        if let Some(field) = fields.last_mut() {
            field.extend(next);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let file = PasswordFile::of(
            "# of the machine\n\
             db.example:5432:live:live:one\\:two\\\\three\n\
             not a line\n\
             localhost:*:*:live:of the socket\n\
             *:*:*:ada:anywhere\n",
        );
        let name = |name: &str| Endpoint { host: Host::Name(name.to_owned()), port: 5432 };
        let socket = Endpoint { host: Host::Socket("/run/postgresql".into()), port: 5433 };
        assert_eq!(file.password(&name("db.example"), "live", "live"), Some("one:two\\three"));
        assert_eq!(file.password(&name("db.example"), "other", "live"), None);
        assert_eq!(file.password(&name("other.example"), "live", "live"), None);
        assert_eq!(file.password(&name("other.example"), "live", "ada"), Some("anywhere"));
        assert_eq!(file.password(&socket, "live", "live"), Some("of the socket"));
    }
}
