//! The table of settings: flags, environment, `--help` and `docs/configuration.md` say the same.

/// In which forms a setting is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By its variable or flag.
    Plain,
    /// By its variable, or as a file that its `_FILE` variable or `-file` flag names: a flag would show it to everybody
    /// on the machine.
    Secret,
    /// By its variable or flag, or as a file.
    PlainOrFile,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// In which forms it is given.
    pub form: Form,
    /// What its value is, for `--help`.
    pub value_name: &'static str,
    /// What holds when it is not given.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// A flag, as the command line parser takes it.
pub(super) struct Flag {
    pub(super) name: String,
    pub(super) value_name: &'static str,
    pub(super) help: String,
}

impl Setting {
    /// The name of its flag: the variable without `LIVE_`, in lower case, with hyphens.
    #[must_use]
    pub fn flag(&self) -> String {
        self.name.trim_start_matches("LIVE_").to_lowercase().replace('_', "-")
    }

    pub(super) fn file_flag(&self) -> String {
        format!("{}-file", self.flag())
    }

    pub(super) fn file_variable(&self) -> String {
        format!("{}_FILE", self.name)
    }

    /// The variables that give it.
    pub(super) fn variables(&self) -> Vec<String> {
        match self.form {
            Form::Plain => vec![self.name.to_owned()],
            Form::Secret | Form::PlainOrFile => vec![self.name.to_owned(), self.file_variable()],
        }
    }

    /// The flags that give it.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let direct = || Flag {
            name: self.flag(),
            value_name: self.value_name,
            help: format!("{} [env: {}] [default: {}]", self.meaning, self.name, self.default),
        };
        let file = |help: String| Flag { name: self.file_flag(), value_name: "PATH", help };
        match self.form {
            Form::Plain => vec![direct()],
            Form::Secret => vec![file(format!(
                "A file that holds it: {} [env: {} or {}] [default: {}]",
                self.meaning,
                self.file_variable(),
                self.name,
                self.default
            ))],
            Form::PlainOrFile => {
                let help = format!("A file that holds --{} [env: {}]", self.flag(), self.file_variable());
                vec![direct(), file(help)]
            }
        }
    }
}

const fn setting(
    name: &'static str,
    form: Form,
    value_name: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { name, form, value_name, default, meaning }
}

/// Where the store is.
pub(super) const DATABASE_URL: Setting = setting(
    "DATABASE_URL",
    Form::PlainOrFile,
    "URL",
    "sqlite:live.db for `dev`, and elsewhere but for `serve` if that file is there",
    "Where the store is: postgres://..., postgresql://... or sqlite:PATH",
);
/// Where lists are read from besides.
pub(super) const DATABASE_READ_URLS: Setting = setting(
    "LIVE_DATABASE_READ_URLS",
    Form::PlainOrFile,
    "URLS",
    "none",
    "The standbys of a Postgres primary that lists are read from: addresses separated by commas, each of one server",
);
/// How far behind they may be.
pub(super) const DATABASE_READ_MAX_LAG_MS: Setting = setting(
    "LIVE_DATABASE_READ_MAX_LAG_MS",
    Form::Plain,
    "MILLISECONDS",
    "1000",
    "How far behind the primary a standby may be (100 to 3600000); beyond that nothing is read from it",
);
/// Where the service listens.
pub(super) const BIND: Setting =
    setting("LIVE_BIND", Form::Plain, "HOST:PORT", "127.0.0.1:8080", "Where the service listens");
/// Where it tells how it does.
pub(super) const ADMIN_BIND: Setting = setting(
    "LIVE_ADMIN_BIND",
    Form::Plain,
    "HOST:PORT",
    "127.0.0.1:9464",
    "Where /metrics is served, kept off the public port; `off` for nowhere",
);
/// The shared secret of tokens.
pub(super) const AUTH_HS256_SECRET: Setting = setting(
    "LIVE_AUTH_HS256_SECRET",
    Form::Secret,
    "SECRET",
    "none",
    "The secret that tokens are signed with (HS256): at least 32 bytes, no PEM text",
);
/// The public keys of the issuer.
pub(super) const AUTH_JWKS: Setting = setting(
    "LIVE_AUTH_JWKS",
    Form::Plain,
    "PATH|URL",
    "none",
    "The public keys of the issuer, as a JSON Web Key Set: the path of a file, or an http(s) URL",
);
/// The issuer of tokens.
pub(super) const AUTH_ISSUER: Setting =
    setting("LIVE_AUTH_ISSUER", Form::Plain, "ISSUER", "none", "The issuer that a token must name (claim iss)");
/// The audience of tokens.
pub(super) const AUTH_AUDIENCE: Setting =
    setting("LIVE_AUTH_AUDIENCE", Form::Plain, "AUDIENCE", "none", "The audience that a token must be for (claim aud)");
/// Where tokens are introspected.
pub(super) const AUTH_INTROSPECTION_URL: Setting = setting(
    "LIVE_AUTH_INTROSPECTION_URL",
    Form::Plain,
    "URL",
    "none",
    "Where the issuer is asked about tokens that are no JWT (RFC 7662); needs a client id and secret",
);
/// The client at the introspection endpoint.
pub(super) const AUTH_INTROSPECTION_CLIENT_ID: Setting = setting(
    "LIVE_AUTH_INTROSPECTION_CLIENT_ID",
    Form::Plain,
    "ID",
    "none",
    "The client that this service is at the introspection endpoint",
);
/// Its secret.
pub(super) const AUTH_INTROSPECTION_CLIENT_SECRET: Setting =
    setting("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", Form::Secret, "SECRET", "none", "The secret of that client");
/// The scopes of everybody who reads or registers.
pub(super) const AUTH_LIST_SCOPES: Setting = setting(
    "LIVE_AUTH_LIST_SCOPES",
    Form::Plain,
    "SCOPES",
    "none",
    "The scopes that the list, reading a session, registering and cancelling demand, separated by spaces; all of them",
);
/// The scope of hosts.
pub(super) const AUTH_WRITE_SCOPE: Setting = setting(
    "LIVE_AUTH_WRITE_SCOPE",
    Form::Plain,
    "SCOPE",
    "write:live",
    "The one scope that lets a person create sessions, and change those that they host",
);
/// The scope of managers.
pub(super) const AUTH_MANAGE_SCOPE: Setting = setting(
    "LIVE_AUTH_MANAGE_SCOPE",
    Form::Plain,
    "SCOPE",
    "manage:live",
    "The one scope that lets a person create and change every session of their brands",
);
/// The grace of upcoming sessions.
pub(super) const UPCOMING_GRACE_MINUTES: Setting = setting(
    "LIVE_UPCOMING_GRACE_MINUTES",
    Form::Plain,
    "MINUTES",
    "30",
    "How long after its time a session that nobody started still counts as upcoming (0 to 525600)",
);
/// The size of the pool.
pub(super) const DB_POOL_SIZE: Setting = setting(
    "LIVE_DB_POOL_SIZE",
    Form::Plain,
    "NUMBER",
    "2 x cores, at least 4",
    "How many connections to the store there are at most (1 to 1000)",
);
/// The deadline of store work.
pub(super) const DB_TIMEOUT_MS: Setting = setting(
    "LIVE_DB_TIMEOUT_MS",
    Form::Plain,
    "MILLISECONDS",
    "2000",
    "How long a request waits for the store, connection and statement together (1 to 600000); past it 503",
);
/// How long a store that is still starting is waited for.
pub(super) const DB_WAIT_MS: Setting = setting(
    "LIVE_DB_WAIT_MS",
    Form::Plain,
    "MILLISECONDS",
    "30000",
    "How long `serve`, `migrate` and `dev` wait at their start for a store that is not there yet (0 to 600000)",
);
/// The load limit.
pub(super) const MAX_IN_FLIGHT: Setting = setting(
    "LIVE_MAX_IN_FLIGHT",
    Form::Plain,
    "NUMBER",
    "500",
    "How many requests are worked on at once (1 to 100000); further ones get 503 at once",
);
/// The rate limit.
pub(super) const RATE_PER_MINUTE: Setting = setting(
    "LIVE_RATE_PER_MINUTE",
    Form::Plain,
    "NUMBER",
    "none",
    "How many requests a minute a subject may send, and an address without a good token (1 to 1000000); further ones get 429",
);
/// The proxies in front.
pub(super) const TRUSTED_PROXIES: Setting = setting(
    "LIVE_TRUSTED_PROXIES",
    Form::Plain,
    "ADDRESSES",
    "none",
    "The proxies whose X-Forwarded-For is believed: addresses and networks separated by commas, as in 10.0.0.0/8,::1",
);
/// Whose pages may call.
pub(super) const CORS_ORIGINS: Setting = setting(
    "LIVE_CORS_ORIGINS",
    Form::Plain,
    "ORIGINS",
    "none",
    "Whose pages may call from a browser: origins separated by commas, as in https://example.org, or * for everybody's",
);
/// How long the service goes on once it is told to stop.
pub(super) const DRAIN_MS: Setting = setting(
    "LIVE_DRAIN_MS",
    Form::Plain,
    "MILLISECONDS",
    "2000",
    "How long after SIGTERM the service still takes connections while /readyz is 503 (0 to 600000)",
);
/// How long the history is kept.
pub(super) const HISTORY_DAYS: Setting = setting(
    "LIVE_HISTORY_DAYS",
    Form::Plain,
    "DAYS",
    "empty: for ever",
    "How many days the history is kept (1 to 36500); `serve` and `dev` delete what is older, little by little",
);
/// Whether to migrate at the start.
pub(super) const MIGRATE_ON_START: Setting = setting(
    "LIVE_MIGRATE_ON_START",
    Form::Plain,
    "true|false",
    "true",
    "Whether `serve` brings the schema up before it serves",
);
/// The form of the log.
pub(super) const LOG: Setting = setting(
    "LIVE_LOG",
    Form::Plain,
    "text|json",
    "text on a terminal, else json",
    "The form of the log on standard error; RUST_LOG sets the levels",
);
/// The key of subjects in the log.
pub(super) const LOG_SUBJECT_KEY: Setting = setting(
    "LIVE_LOG_SUBJECT_KEY",
    Form::Secret,
    "KEY",
    "LIVE_AUTH_HS256_SECRET, then LIVE_AUTH_INTROSPECTION_CLIENT_SECRET, then none",
    "The secret that people's pseudonyms in the log are made with",
);

/// Every setting.
pub const SETTINGS: &[Setting] = &[
    DATABASE_URL,
    DATABASE_READ_URLS,
    DATABASE_READ_MAX_LAG_MS,
    BIND,
    ADMIN_BIND,
    AUTH_HS256_SECRET,
    AUTH_JWKS,
    AUTH_ISSUER,
    AUTH_AUDIENCE,
    AUTH_INTROSPECTION_URL,
    AUTH_INTROSPECTION_CLIENT_ID,
    AUTH_INTROSPECTION_CLIENT_SECRET,
    AUTH_LIST_SCOPES,
    AUTH_WRITE_SCOPE,
    AUTH_MANAGE_SCOPE,
    UPCOMING_GRACE_MINUTES,
    DB_POOL_SIZE,
    DB_TIMEOUT_MS,
    DB_WAIT_MS,
    MAX_IN_FLIGHT,
    RATE_PER_MINUTE,
    TRUSTED_PROXIES,
    CORS_ORIGINS,
    DRAIN_MS,
    HISTORY_DAYS,
    MIGRATE_ON_START,
    LOG,
    LOG_SUBJECT_KEY,
];
