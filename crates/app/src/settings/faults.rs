//! What is wrong with the settings as a whole.

use super::{DatabaseDefault, SettingError, Settings};

impl Settings {
    /// What is wrong with any setting, whether or not a command needs it.
    #[must_use]
    pub fn faults(&self) -> Vec<SettingError> {
        let database = self.database(DatabaseDefault::FileIfThere);
        let standbys = match &database {
            Ok(database) => self.standbys(database).map(drop),
            Err(_) => self.standby_settings().map(drop),
        };
        let readings = [
            database.map(drop),
            standbys,
            self.bind().map(drop),
            self.admin_bind().map(drop),
            self.hs256_secret().map(drop),
            self.jwks().map(drop),
            self.claim_rules().map(drop),
            self.introspection().map(drop),
            self.list_scopes().map(drop),
            self.edit_scopes().map(drop),
            self.upcoming_grace().map(drop),
            self.store_settings().map(drop),
            self.store_wait().map(drop),
            self.max_in_flight().map(drop),
            self.rate_limit().map(drop),
            self.cors().map(drop),
            self.drain().map(drop),
            self.history_kept_for().map(drop),
            self.migrate_on_start().map(drop),
            self.log_format().map(drop),
            self.log_levels().map(drop),
            self.subject_key().map(drop),
            self.feed_key().map(drop),
            #[cfg(feature = "otel")]
            self.trace_export().map(drop),
        ];
        readings.into_iter().filter_map(Result::err).collect()
    }
}
