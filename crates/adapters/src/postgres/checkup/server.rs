//! The server, and how it is reached.

use std::time::Duration;

use diesel::sql_types::{BigInt, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio_postgres::error::SqlState;

use super::rights;
use crate::checkup::rules::took;
use crate::checkup::{Checked, Unreachable};
use crate::database_url::PostgresUrl;
use crate::postgres::PgSessionRepository;
use crate::postgres::connection::PgConnection;
use crate::postgres::error::PgError;
use crate::postgres::statement::statement;

/// The oldest version that is tested.
const OLDEST: i32 = 150_000;

/// A request may have more time than that. Behind a pooler the role's own setting is what stops its statements.
const SHORT: i64 = 60_000;

pub(super) fn reached(url: &PostgresUrl, after: Duration) -> Checked {
    Checked::well("database", format!("connected to Postgres ({}) in {}", url.target(), took(after)))
}

/// `reset_val` is what role, database and server have set, whatever this connection has set for itself.
const FACTS: &str = "
    SELECT current_setting('server_version'), current_setting('server_version_num')::integer,
        current_setting('server_encoding'), pg_is_in_recovery(),
        current_setting('default_transaction_read_only')::boolean,
        (SELECT reset_val::bigint FROM pg_settings WHERE name = 'statement_timeout'),
        quote_ident(current_user), quote_ident(current_database())";

type FactColumns = (Text, Integer, Text, Bool, Bool, BigInt, Text, Text);

/// What the server says of itself and of the connection.
pub(super) struct Facts {
    version: String,
    version_number: i32,
    encoding: String,
    is_standby: bool,
    is_read_only: bool,
    /// In milliseconds; 0: none.
    statement_timeout: i64,
    /// As an identifier.
    pub(super) role: String,
    /// As an identifier.
    pub(super) database: String,
}

impl Facts {
    async fn ask(connection: &mut AsyncPgConnection) -> Result<Self, PgError> {
        type Row = (String, i32, String, bool, bool, i64, String, String);
        let row: Row = statement::<FactColumns>(FACTS).get_result(connection).await?;
        let (version, version_number, encoding, is_standby, is_read_only, statement_timeout, role, database) = row;
        Ok(Self { version, version_number, encoding, is_standby, is_read_only, statement_timeout, role, database })
    }

    fn version(&self) -> Checked {
        let text = format!("Postgres {}", self.version);
        if self.version_number >= OLDEST {
            return Checked::well("version", text);
        }
        Checked::wrong("version", format!("{text} is too old"), "upgrade the server to Postgres 15 or newer")
    }

    fn encoding(&self) -> Checked {
        if self.encoding == "UTF8" {
            return Checked::well("encoding", "text is kept as UTF8");
        }
        Checked::wrong(
            "encoding",
            format!("text is kept as {}, which cannot hold every character", self.encoding),
            format!(
                "create another database with ENCODING 'UTF8' TEMPLATE template0, move {} there with pg_dump and \
                 pg_restore, and name it in DATABASE_URL",
                self.database
            ),
        )
    }

    fn writable(&self) -> Checked {
        if self.is_standby {
            let remedy = "name the primary in DATABASE_URL, or promote this server";
            return Checked::wrong("writable", "the server is a standby: every write fails", remedy);
        }
        if self.is_read_only {
            let remedy = format!(
                "ALTER ROLE {} RESET default_transaction_read_only, or the same for the database or in postgresql.conf",
                self.role
            );
            return Checked::wrong("writable", "default_transaction_read_only is on: every write fails", remedy);
        }
        Checked::well("writable", "the server takes writes")
    }

    fn timeouts(&self) -> Checked {
        if self.statement_timeout == 0 || self.statement_timeout >= SHORT {
            return Checked::well("timeouts", "no statement_timeout of the server's stands in the way");
        }
        Checked::doubtful(
            "timeouts",
            format!(
                "statement_timeout is {} ms for this role: where a pooler loses the setting of the service, it stops \
                 statements of requests (imports, exports, migrations, doctor and forget set their own)",
                self.statement_timeout
            ),
            format!("ALTER ROLE {} RESET statement_timeout, or the same for the database", self.role),
        )
    }
}

const LIMITS: &str = "
    SELECT current_setting('max_connections')::integer,
        (SELECT sum(setting::integer)::integer FROM pg_settings
            WHERE name IN ('superuser_reserved_connections', 'reserved_connections')),
        (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
        (SELECT datconnlimit FROM pg_database WHERE datname = current_database())";

/// Whether the pool fits into what the server lets in.
async fn connections(connection: &mut AsyncPgConnection, pool: usize) -> Result<Checked, PgError> {
    let (most, reserved, of_role, of_database): (i32, i32, i32, i32) =
        statement::<(Integer, Integer, Integer, Integer)>(LIMITS).get_result(connection).await?;
    // -1: no limit.
    let limits = [of_role, of_database].into_iter().filter(|limit| *limit >= 0);
    let room = limits.fold(most - reserved, i32::min);
    let text = format!("LIVE_DB_POOL_SIZE is {pool}, and the server lets in {room}");
    if i32::try_from(pool).is_ok_and(|pool| pool < room) {
        return Ok(Checked::well("connections", text));
    }
    let remedy = format!(
        "set LIVE_DB_POOL_SIZE lower, so that all processes together, and a migration or an import beside them, stay below \
         {room}; or raise max_connections, or the limit of the role or database"
    );
    Ok(Checked::doubtful("connections", text, remedy))
}

/// How a pooler goes on to the server is between the two.
fn encryption(url: &PostgresUrl, is_encrypted: bool, is_pooled: bool) -> Checked {
    let (unseen, setting) = if is_pooled {
        ("; how the pooler goes on to the server cannot be seen from here", "client_tls_sslmode = allow in the pooler")
    } else {
        ("", "ssl = on on the server")
    };
    if is_encrypted {
        return Checked::well("encryption", format!("the connection is encrypted{unseen}"));
    }
    if url.is_local() {
        return Checked::well("encryption", format!("the connection does not leave this machine{unseen}"));
    }
    Checked::doubtful(
        "encryption",
        format!("the connection is not encrypted, and leaves this machine{unseen}"),
        format!(
            "set {setting} and add sslmode=verify-full to DATABASE_URL, or see that the network between is your own"
        ),
    )
}

fn pooler(is_there: bool) -> Checked {
    if !is_there {
        return Checked::well("pooler", "no pooler stands between");
    }
    Checked::doubtful(
        "pooler",
        "a pooler stands between",
        "in transaction mode it must be PgBouncer 1.21 or newer with max_prepared_statements above 0; \"Behind a pooler\" in \
         docs/operations.md says what else it needs",
    )
}

impl PgSessionRepository {
    pub(super) async fn examine(&self, connection: &mut PgConnection, migrates: bool) -> Result<Vec<Checked>, PgError> {
        let PgConnection { diesel: connection, is_encrypted, is_pooled, .. } = connection;
        let facts = Facts::ask(connection).await?;
        let mut checked = vec![
            facts.version(),
            encryption(self.connector.url(), *is_encrypted, *is_pooled),
            facts.encoding(),
            facts.writable(),
            facts.timeouts(),
            connections(connection, self.pool.reading().pool_max).await?,
            pooler(*is_pooled),
        ];
        checked.extend(rights::examine(connection, &facts, migrates).await?);
        Ok(checked)
    }

    pub(super) fn unreachable(&self, error: PgError) -> Unreachable {
        let target = self.connector.url().target();
        let state = match &error {
            PgError::Connect { source, .. } => source.refusal(),
            _ => None,
        };
        let remedy = match state {
            Some(state) if [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION].contains(state) => {
                "set user and password in DATABASE_URL right, percent-encoded, and see what pg_hba.conf on the server lets in"
                    .to_owned()
            }
            Some(state) if *state == SqlState::INVALID_CATALOG_NAME => {
                "create the database, `CREATE DATABASE ... ENCODING 'UTF8'`, or name another in DATABASE_URL".to_owned()
            }
            Some(state) if *state == SqlState::TOO_MANY_CONNECTIONS => {
                "see in pg_stat_activity who holds the connections; lower LIVE_DB_POOL_SIZE or raise max_connections".to_owned()
            }
            _ => format!("see that Postgres runs there and can be reached ({target}), or set DATABASE_URL right"),
        };
        Unreachable { error: error.into(), remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Verdict;

    fn facts() -> Facts {
        Facts {
            version: "15.4".to_owned(),
            version_number: 150_004,
            encoding: "UTF8".to_owned(),
            is_standby: false,
            is_read_only: false,
            statement_timeout: 0,
            role: "live".to_owned(),
            database: "live".to_owned(),
        }
    }

    fn is_wrong(checked: &Checked) -> bool {
        matches!(checked.verdict, Verdict::Wrong { .. })
    }

    #[test]
    fn a_server_that_cannot_serve_is_wrong() {
        let old = Facts { version_number: 140_012, ..facts() };
        let other_text = Facts { encoding: "SQL_ASCII".to_owned(), ..facts() };
        let standby = Facts { is_standby: true, is_read_only: true, ..facts() };
        assert!(is_wrong(&old.version()) && is_wrong(&other_text.encoding()) && is_wrong(&standby.writable()));
        assert!(standby.writable().text.contains("standby"));
        assert!(!is_wrong(&facts().version()) && !is_wrong(&facts().encoding()) && !is_wrong(&facts().writable()));
    }

    #[test]
    fn a_connection_that_leaves_the_machine_should_be_encrypted() {
        for (url, is_encrypted, expected) in [
            ("postgres://live@db.example/live", false, false),
            ("postgres://live@10.0.0.7/live", false, false),
            ("postgres://live@localhost,db.example/live", false, false),
            ("postgres://live@db.example/live", true, true),
            ("postgres://live@localhost/live", false, true),
            ("postgres://live@127.0.0.1,[::1]/live", false, true),
            ("postgres:///live?host=/run/postgresql", false, true),
        ] {
            let checked = |is_pooled| encryption(&url.parse().unwrap(), is_encrypted, is_pooled);
            for is_pooled in [false, true] {
                assert_eq!(checked(is_pooled).verdict == Verdict::Well, expected, "{url}");
                assert_eq!(checked(is_pooled).text.contains("cannot be seen"), is_pooled, "{url}");
            }
        }
    }
}
