//! The address of a store, read strictly and shown without its password.

pub(crate) mod endpoint;
mod parts;
mod postgres;
pub(crate) mod server_kind;
pub(crate) mod tls_options;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use self::postgres::PostgresUrl;

/// Where a store is: `postgres://...`, `postgresql://...` or `sqlite:PATH`.
///
/// It is shown with the password masked, also for debugging.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A Postgres database.
    Postgres(PostgresUrl),
    /// A SQLite file.
    Sqlite(PathBuf),
}

/// Why a text is not the address of a store. No message holds the password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither of the forms.
    #[error("must be postgres://..., postgresql://... or sqlite:PATH")]
    Form,
    /// No host is named.
    #[error("needs a host, as in postgres://USER:PASSWORD@HOST/DATABASE")]
    NoHost,
    /// No file is named.
    #[error("sqlite: needs the path of a file, as in sqlite:live.db")]
    NoFile,
    /// A character that ends the password stands in it, so that another host would be meant.
    #[error("the host cannot be told: percent-encode the password (@ is %40, / is %2F, # is %23, ? is %3F, : is %3A)")]
    Unescaped,
    /// The port is no port.
    #[error("the port must be a number from 1 to 65535; if it is a part of the password, percent-encode the password")]
    Port,
    /// A parameter whose value means nothing, and what it may be.
    #[error("{0} must be {1}")]
    Parameter(&'static str, String),
    /// Anything else, in the words of the driver.
    #[error("{0}")]
    Malformed(String),
}

const SQLITE: &str = "sqlite:";

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(path) = text.strip_prefix(SQLITE) {
            // `sqlite:///var/live.db` is a common way to write `sqlite:/var/live.db`.
            let path = path.strip_prefix("//").unwrap_or(path);
            let is_file = !path.is_empty() && path != ":memory:" && !path.contains('\0');
            return if is_file { Ok(Self::Sqlite(path.into())) } else { Err(DatabaseUrlError::NoFile) };
        }
        text.parse().map(Self::Postgres)
    }
}

impl DatabaseUrl {
    /// The same store for a person with that home, where libpq looks for what the address does not name: the authority
    /// of the server in `.postgresql/root.crt`, a certificate of one's own in `.postgresql/postgresql.crt` with
    /// `postgresql.key`, passwords in `.pgpass`.
    #[must_use]
    pub fn at_home(self, home: &Path) -> Self {
        match self {
            Self::Postgres(url) => Self::Postgres(url.at_home(home)),
            Self::Sqlite(path) => Self::Sqlite(path),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(url) => fmt::Display::fmt(url, formatter),
            Self::Sqlite(path) => write!(formatter, "{SQLITE}{}", path.display()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
        text.parse()
    }

    fn target(text: &str) -> String {
        text.parse::<PostgresUrl>().unwrap().target()
    }

    #[test]
    fn shows_everything_but_the_password() {
        for (text, shown) in [
            ("postgres://live:secret@db.example:6432/live", "postgres://live:***@db.example:6432/live"),
            ("postgresql://live@db.example", "postgresql://live@db.example"),
            ("postgres://db/live?password=secret&sslmode=prefer", "postgres://db/live?password=***&sslmode=prefer"),
            ("postgres:///live?host=/run/postgresql", "postgres:///live?host=/run/postgresql"),
            ("sqlite:live.db", "sqlite:live.db"),
            ("sqlite:///var/live.db", "sqlite:/var/live.db"),
        ] {
            let url = url(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }

    #[test]
    fn says_to_percent_encode_a_password_that_would_name_another_host() {
        for text in [
            "postgres://live:se@cret@db.example/live",
            "postgres://live:se/cret@db.example/live",
            "postgres://live:se#cret@db.example/live",
            "postgres://live:se?cret@db.example/live",
            "postgres://live:12/cret@db.example/live",
            "postgres://live:12?cret@db.example/live",
        ] {
            let message = url(text).unwrap_err().to_string();
            assert!(message.contains("percent-encode the password"), "{message}");
            assert!(!message.contains("cret"), "{message}");
        }
        let fine = "postgres://live:se%40c%2Fr%23et@db.example/live";
        assert_eq!(target(fine), "host db.example, port 5432, database live, user live");
    }

    #[test]
    fn names_every_host_it_would_try() {
        assert_eq!(
            target("postgres://live@one:6000,[::1]:6001/live"),
            "host one, port 6000; host ::1, port 6001, database live, user live"
        );
        for (address, hosts) in [
            ("one?port=6000", "host one, port 6000"),
            ("one,[::1]:5433?port=6000", "host one, port 6000; host ::1, port 6000"),
            ("one:5433,two?port=6000,6001", "host one, port 6000; host two, port 6001"),
            ("one:5433?host=two", "host two, port 5433"),
            ("one:5433?host=two&port=6000", "host two, port 6000"),
        ] {
            let shown = target(&format!("postgres://{address}&user=live&dbname=live"));
            assert_eq!(shown, format!("{hosts}, database live, user live"), "{address}");
        }
        for hosts in ["one,two", "one%2Ctwo", "one%2ctwo"] {
            assert_eq!(
                target(&format!("postgres://?host={hosts}&port=6000,6001&user=live&dbname=live")),
                "host one, port 6000; host two, port 6001, database live, user live"
            );
        }
        assert_eq!(
            target("postgres:///live?host=/run/postgresql&user=ada"),
            "socket in /run/postgresql, port 5432, database live, user ada"
        );
    }

    #[test]
    fn a_name_may_have_its_address_beside_it() {
        assert_eq!(
            target("postgres://one,two/live?hostaddr=10.0.0.1,10.0.0.2&user=ada"),
            "host one at 10.0.0.1, port 5432; host two at 10.0.0.2, port 5432, database live, user ada"
        );
    }

    #[test]
    fn a_timeout_has_the_unit_that_libpq_gives_it() {
        let url: PostgresUrl = "postgres://db/live?tcp_user_timeout=1500&connect_timeout=2".parse().unwrap();
        assert_eq!(url.tcp_user_timeout(), Some(std::time::Duration::from_millis(1_500)));
        assert_eq!(url.connect_timeout(), Some(std::time::Duration::from_secs(2)));
        let url: PostgresUrl = "postgres://db/live?tcp_user_timeout=0&connect_timeout=-1".parse().unwrap();
        assert_eq!((url.tcp_user_timeout(), url.connect_timeout()), (None, None));
    }

    #[test]
    fn a_peer_that_is_gone_is_found_out_within_a_minute_or_as_the_address_says() {
        let probes = |parameters: &str| {
            let url: PostgresUrl = format!("postgres://db/live{parameters}").parse().unwrap();
            let seconds = |duration: std::time::Duration| duration.as_secs();
            let config = url.config();
            let between = config.get_keepalives_interval().map(seconds);
            (config.get_keepalives(), seconds(config.get_keepalives_idle()), between, config.get_keepalives_retries())
        };
        assert_eq!(probes(""), (true, 30, Some(10), Some(3)));
        let named = "?keepalives_idle=60&keepalives_interval=5&keepalives_count=2";
        assert_eq!(probes(named), (true, 60, Some(5), Some(2)));
        assert!(!probes("?keepalives=0").0);
    }

    #[test]
    fn a_home_gives_what_the_address_does_not_name() {
        use tls_options::{Authorities, ClientCertificate};
        let home = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let at_home = |text: &str| text.parse::<PostgresUrl>().unwrap().at_home(home.path());
        assert_eq!(at_home("postgres://db").tls().authorities, Authorities::Unknown);
        let root = file(".postgresql/root.crt");
        let (chain, key) = (file(".postgresql/postgresql.crt"), file(".postgresql/postgresql.key"));
        let passwords = file(".pgpass");
        let found = at_home("postgres://db");
        assert_eq!(found.tls().authorities, Authorities::File(root));
        assert_eq!(found.tls().client, Some(ClientCertificate { chain, key }));
        assert_eq!(found.password_file(), Some(passwords.as_path()));
        let named = at_home("postgres://db?sslrootcert=%2Fetc%2Fca.crt&passfile=/etc/pgpass");
        assert_eq!(named.tls().authorities, Authorities::File("/etc/ca.crt".into()));
        assert_eq!(named.password_file(), Some(Path::new("/etc/pgpass")));
    }

    #[test]
    fn refuses_what_it_would_not_honour() {
        for (parameters, expected) in [
            ("sslmode=maybe", "sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full"),
            ("sslmode=require&sslrootcert=system", "sslmode must be verify-full with sslrootcert=system"),
            ("sslcert=a.crt", "sslkey must be given with sslcert"),
            ("sslnegotiation=direct", "sslnegotiation must be postgres: nothing else is supported"),
            ("gssencmode=require", "gssencmode must be disable or prefer: nothing else is supported"),
            (
                "load_balance_hosts=random",
                "load_balance_hosts must be disable: hosts are tried in the order in which they are named",
            ),
            (
                "target_session_attrs=master",
                "target_session_attrs must be one of any, read-write, read-only, primary, standby, prefer-standby",
            ),
            ("connect_timeout=soon", "connect_timeout must be a whole number"),
            ("colour=red", "unknown option `colour`"),
            ("hostaddr=127.0.0.1,127.0.0.2", "there are 1 hosts and 2 hostaddrs: give one hostaddr for each host"),
        ] {
            let error = url(&format!("postgres://db/live?{parameters}")).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        assert!(url("postgres://one,two,three/live?port=1,2").is_err());
        assert_eq!(url("postgres://db:0/live"), Err(DatabaseUrlError::Port));
        for text in ["mysql://db/live", "live.db", "", "postgres:live"] {
            assert_eq!(url(text), Err(DatabaseUrlError::Form), "{text}");
        }
        for text in ["sqlite:", "sqlite://", "sqlite::memory:"] {
            assert_eq!(url(text), Err(DatabaseUrlError::NoFile), "{text}");
        }
    }
}
