//! Creating and changing sessions.

use std::sync::Arc;

use uuid::Uuid;

use crate::authority::Editor;
use crate::clock::{Clock, IdSource};
use crate::draft::SessionDraft;
use crate::error::{EditError, ReplaceError, StoreError};
use crate::event::EventType;
use crate::idempotency::{Answer, Kept, KeptAnswers, Keyed, Outcome, RequestKey};
use crate::patch::SessionPatch;
use crate::repository::{Replacement, SessionRepository, SessionWriter, Write};
use crate::session::{ListedSession, Session, SessionVersion};
use crate::timestamp::Timestamp;
use crate::transition::Transition;

/// How often an edit is decided again because somebody else's came first. Of many editors at once one gets through each
/// time: of two dozen everybody does, by far.
const ATTEMPTS: usize = 1_000;

/// In which version the caller expects the session to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Expected {
    /// In any.
    #[default]
    Any,
    /// In one of these.
    OneOf(Vec<SessionVersion>),
}

impl Expected {
    fn admits(&self, version: SessionVersion) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

/// Creates and changes sessions.
#[derive(Clone)]
pub struct SessionEditor {
    sessions: Arc<dyn SessionRepository>,
    writer: Arc<dyn SessionWriter>,
    kept: Arc<dyn KeptAnswers>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

/// What is decided on a session as it is: how it is to be, or that it stays as it is.
type Decision = Result<Option<Session>, EditError>;

impl SessionEditor {
    /// The use case over a store, a clock and a source of ids.
    pub fn new(
        sessions: Arc<dyn SessionRepository>,
        writer: Arc<dyn SessionWriter>,
        kept: Arc<dyn KeptAnswers>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { sessions, writer, kept, clock, ids }
    }

    /// Creates a session.
    ///
    /// # Errors
    ///
    /// [`EditError::NotYours`] for a host or brand that is not the editor's to use, [`EditError::KeyReused`];
    /// [`EditError::NotFound`] when the session that was created with the key is none for the editor by now.
    pub async fn create(
        &self,
        editor: &Editor,
        draft: SessionDraft,
        key: Option<RequestKey>,
    ) -> Result<Answer<ListedSession>, EditError> {
        editor.may_create(&draft.host_id, &draft.brand_id)?;
        let write = self.write(editor, key);
        let session = draft.into_session(self.ids.fresh(), write.now);
        match self.writer.create(&session, &write).await? {
            Keyed::Done(value) => Ok(Answer { value, replayed: false }),
            Keyed::Kept(kept) => self.replay(editor, &write, kept).await,
        }
    }

    /// Edits a session. One that the edit does not change keeps its version.
    ///
    /// # Errors
    ///
    /// Any of [`EditError`], in the order given there.
    pub async fn patch(
        &self,
        editor: &Editor,
        id: Uuid,
        expected: &Expected,
        patch: &SessionPatch,
    ) -> Result<ListedSession, EditError> {
        let decide = |session: &Session, now: Timestamp| -> Decision { Ok(patch.apply(session, now)?) };
        let answer = self.change(editor, id, expected, EventType::SessionUpdated, decide, None).await?;
        Ok(answer.value)
    }

    /// Takes a step in the life of a session. One that is there already stays as it is.
    ///
    /// # Errors
    ///
    /// Any of [`EditError`], in the order given there.
    pub async fn transition(
        &self,
        editor: &Editor,
        id: Uuid,
        expected: &Expected,
        transition: &Transition,
        key: Option<RequestKey>,
    ) -> Result<Answer<ListedSession>, EditError> {
        let event_type = match transition {
            Transition::Start { .. } => EventType::SessionStarted,
            Transition::End { .. } => EventType::SessionEnded,
            Transition::Cancel => EventType::SessionCancelled,
        };
        let decide = |session: &Session, now: Timestamp| -> Decision { Ok(transition.apply(session, now)?) };
        self.change(editor, id, expected, event_type, decide, key).await
    }

    fn write(&self, editor: &Editor, key: Option<RequestKey>) -> Write {
        Write { viewer: editor.viewer.clone(), now: self.clock.now(), key }
    }

    /// Reads, decides and replaces, and starts over when somebody else's edit came in between.
    async fn change(
        &self,
        editor: &Editor,
        id: Uuid,
        expected: &Expected,
        event_type: EventType,
        decide: impl Fn(&Session, Timestamp) -> Decision + Send + Sync,
        key: Option<RequestKey>,
    ) -> Result<Answer<ListedSession>, EditError> {
        let write = self.write(editor, key);
        for _ in 0..ATTEMPTS {
            let found = self.sessions.find(&editor.scope, &editor.viewer, id).await?;
            // After the session, so that whoever sees an effect sees what was kept with it: the edit that came first may be
            // this very one, sent twice at once.
            if let Some(kept) = self.kept(&write).await? {
                return self.replay(editor, &write, kept).await;
            }
            let present = found.ok_or(EditError::NotFound)?;
            if !editor.may_change(&present.session) {
                return Err(EditError::NotOwner);
            }
            if !expected.admits(present.version) {
                return Err(EditError::OtherVersion);
            }
            let after = match decide(&present.session, write.now)? {
                Some(after) => after,
                None if write.key.is_none() => return Ok(Answer { value: present, replayed: false }),
                None => present.session.clone(),
            };
            let replacement = Replacement { before: present.session, version: present.version, after, event_type };
            match self.writer.replace(&replacement, &write).await {
                Ok(Keyed::Done(value)) => return Ok(Answer { value, replayed: false }),
                Ok(Keyed::Kept(kept)) => return self.replay(editor, &write, kept).await,
                Err(ReplaceError::Stale) => {}
                Err(ReplaceError::SeatsTaken(taken)) => return Err(taken.into()),
                Err(ReplaceError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable("the session was changed each time it was to be changed".into()).into())
    }

    async fn kept(&self, write: &Write) -> Result<Option<Kept>, StoreError> {
        match &write.key {
            Some(asked) => self.kept.kept(write.viewer.subject(), &asked.key, write.now).await,
            None => Ok(None),
        }
    }

    /// Gives a kept answer to the same request, if the editor could still read the session.
    async fn replay(&self, editor: &Editor, write: &Write, kept: Kept) -> Result<Answer<ListedSession>, EditError> {
        if !kept.answers(write.key.as_ref()) {
            return Err(EditError::KeyReused);
        }
        let Outcome::Session { session, .. } = kept.outcome else { return Err(EditError::KeyReused) };
        let readable = self.sessions.find(&editor.scope, &editor.viewer, session.session.id).await?;
        readable.ok_or(EditError::NotFound)?;
        Ok(Answer { value: session, replayed: true })
    }
}

#[cfg(test)]
mod tests;
