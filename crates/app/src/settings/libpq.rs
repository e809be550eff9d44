//! The variables that libpq reads, as the address of a store: what runs beside `psql` needs no second description.

use super::{SettingError, Settings};

/// The one without which the others mean nothing here.
pub(super) const HOST: &str = "PGHOST";

/// The others, and the parameters of an address that they are.
const PARAMETERS: [(&str, &str); 16] = [
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGOPTIONS", "options"),
    ("PGAPPNAME", "application_name"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGSSLCERT", "sslcert"),
    ("PGSSLKEY", "sslkey"),
    ("PGCHANNELBINDING", "channel_binding"),
    ("PGGSSENCMODE", "gssencmode"),
    ("PGCONNECT_TIMEOUT", "connect_timeout"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
];

/// Those that would choose another store, or another way to it, and are not read.
const UNREAD: [&str; 11] = [
    "PGSERVICE",
    "PGREQUIREPEER",
    "PGREQUIRESSL",
    "PGREQUIREAUTH",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGSSLCERTMODE",
    "PGSSLNEGOTIATION",
    "PGSSLMINPROTOCOLVERSION",
    "PGSSLMAXPROTOCOLVERSION",
    "PGLOADBALANCEHOSTS",
];

impl Settings {
    /// The address that the variables of libpq give, if they name a host.
    pub(super) fn libpq_address(&self) -> Result<Option<String>, SettingError> {
        let Some(host) = self.variable(HOST)? else { return Ok(None) };
        for name in UNREAD {
            if self.variable(name)?.is_some() {
                return Err(SettingError(format!("{name} is not supported: set DATABASE_URL, or unset it")));
            }
        }
        let mut given = vec![("host", host)];
        for (name, parameter) in PARAMETERS {
            given.extend(self.variable(name)?.map(|value| (parameter, value)));
        }
        // A space is %20 in an address: libpq and the driver know no plus.
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish().replace('+', "%20");
        Ok(Some(format!("postgres://?{query}")))
    }
}
