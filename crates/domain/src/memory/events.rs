//! The history of the reference store.

use async_trait::async_trait;
use uuid::Uuid;

use super::{MemorySessionRepository, Rows};
use crate::error::StoreError;
use crate::event::{Actor, Event, EventPosition, EventSubject, EventType, HistoryRepository, RecordedEvent};
use crate::session::Session;
use crate::timestamp::Timestamp;

impl Rows {
    /// Records what was done to a session or a registration for it. `session` is as it is after that.
    pub(super) fn record(
        &mut self,
        session: &Session,
        event_type: EventType,
        actor: Actor,
        at: Timestamp,
        subject: EventSubject,
    ) {
        let (id, session_id, brand_id) = (Uuid::now_v7(), session.id, session.brand_id.clone());
        self.events.push(Event { id, event_type, session_id, brand_id, actor, at, subject });
    }
}

#[async_trait]
impl HistoryRepository for MemorySessionRepository {
    async fn events(&self, after: Option<EventPosition>, most: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let recorded = |(position, event): (u64, &Event)| RecordedEvent {
            position: EventPosition(position),
            event: event.clone(),
        };
        let rows = self.read();
        let all = (rows.deleted_events + 1..).zip(&rows.events).map(recorded);
        Ok(all.filter(|recorded| after.is_none_or(|seen| seen < recorded.position)).take(most).collect())
    }

    async fn delete_before(&self, instant: Timestamp) -> Result<u64, StoreError> {
        let mut rows = self.write();
        let old = rows.events.iter().take_while(|event| event.at < instant).count();
        rows.events.drain(..old);
        let old = u64::try_from(old).unwrap_or(u64::MAX);
        rows.deleted_events += old;
        Ok(old)
    }
}
