//! Rows that a store is to hold, and where the cases of listing get such a store from.

use async_trait::async_trait;

use super::Store;
use super::fixtures::{exported_registrations, exported_sessions, fill, register, registration_line};
use crate::registration::Registration;
use crate::repository::SessionRepository;
use crate::session::Session;

/// What a store is to hold before it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// The sessions, each in its first version, in no order that means anything.
    pub sessions: Vec<Session>,
    /// Registrations for some of them, in every status.
    pub registrations: Vec<Registration>,
}

impl Rows {
    /// What that store holds.
    pub(super) async fn of(store: &dyn Store) -> Self {
        Self { sessions: exported_sessions(store).await, registrations: exported_registrations(store).await }
    }

    /// Puts the rows in a store that is empty.
    pub async fn import_into(self, store: &dyn Store) {
        fill(store, self.sessions).await;
        register(store, self.registrations.into_iter().map(registration_line)).await;
    }
}

impl From<Vec<Session>> for Rows {
    /// Sessions that nobody has registered for.
    fn from(sessions: Vec<Session>) -> Self {
        Self { sessions, registrations: Vec::new() }
    }
}

/// Where a case of listing gets its stores from: any function that makes one of rows.
#[async_trait(?Send)]
pub(super) trait Stores {
    /// A store that holds these rows and nothing else.
    async fn holding(&mut self, rows: Rows) -> Box<dyn SessionRepository>;
}

#[async_trait(?Send)]
impl<F, S> Stores for F
where
    F: AsyncFnMut(Rows) -> S,
    S: SessionRepository + 'static,
{
    async fn holding(&mut self, rows: Rows) -> Box<dyn SessionRepository> {
        Box::new(self(rows).await)
    }
}
