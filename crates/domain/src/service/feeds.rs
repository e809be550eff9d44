//! Making, revoking and reading calendar feeds.

use std::sync::Arc;

use uuid::Uuid;

use super::LiveSessions;
use crate::clock::{Clock, IdSource};
use crate::error::{CreateFeedError, FindError, ListSessionsError};
use crate::feed::{Feed, FeedLifetime, FeedRepository, SealedSecret, SecretHash};
use crate::idempotency::{Answer, Kept, Keyed, Outcome, RequestKey};
use crate::listing::SessionFilter;
use crate::repository::Write;
use crate::session::ListedSession;
use crate::viewer::{BrandScope, Viewer};

/// What is asked of a new feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedDraft {
    /// Which sessions it is to hold.
    pub filter: SessionFilter,
    /// Whether it is to hold upcoming ones alone.
    pub upcoming: bool,
    /// How long it is to be read.
    pub lifetime: FeedLifetime,
}

/// A feed, and what its secret is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedFeed {
    /// The feed.
    pub feed: Feed,
    /// Its secret.
    pub secret: SealedSecret,
}

/// Makes, revokes and reads calendar feeds.
#[derive(Clone)]
pub struct CalendarFeeds {
    sessions: LiveSessions,
    feeds: Arc<dyn FeedRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl CalendarFeeds {
    /// The use case over that of listing, a store, a clock and a source of ids.
    pub fn new(
        sessions: LiveSessions,
        feeds: Arc<dyn FeedRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { sessions, feeds, clock, ids }
    }

    /// Makes a feed of what the viewer sees within the scope. `secret` is one that nobody has had before; a kept answer comes
    /// with its own.
    ///
    /// # Errors
    ///
    /// Any of [`CreateFeedError`], in the order given there; [`CreateFeedError::NotFound`] as well where the feed of a kept
    /// answer shows more than exists for the caller by now.
    pub async fn create(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        draft: FeedDraft,
        secret: SealedSecret,
        key: Option<RequestKey>,
    ) -> Result<Answer<IssuedFeed>, CreateFeedError> {
        let FeedDraft { filter, upcoming, lifetime } = draft;
        if filter.brand().is_some_and(|brand| !scope.permits(brand)) {
            return Err(CreateFeedError::BrandOutOfScope);
        }
        let write = Write { viewer: viewer.clone(), now: self.clock.now(), key };
        let feed = Feed {
            id: self.ids.fresh(),
            owner: viewer.clone(),
            scope: scope.clone(),
            filter,
            upcoming,
            created_at: write.now,
            expires_at: lifetime.from(write.now),
        };
        match self.feeds.create_feed(&feed, &secret, &write).await? {
            Keyed::Done(()) => Ok(Answer { value: IssuedFeed { feed, secret }, replayed: false }),
            Keyed::Kept(kept) => self.replay(scope, &write, kept).await,
        }
    }

    /// Gives a kept answer to the same request, if the caller could make that feed now.
    async fn replay(
        &self,
        scope: &BrandScope,
        write: &Write,
        kept: Kept,
    ) -> Result<Answer<IssuedFeed>, CreateFeedError> {
        if !kept.answers(write.key.as_ref()) {
            return Err(CreateFeedError::KeyReused);
        }
        let Outcome::Feed { id, secret } = kept.outcome else { return Err(CreateFeedError::KeyReused) };
        let feed = self.feeds.feed(&write.viewer, id, write.now).await?;
        let feed = feed.filter(|feed| scope.includes(&feed.scope)).ok_or(CreateFeedError::NotFound)?;
        Ok(Answer { value: IssuedFeed { feed, secret }, replayed: true })
    }

    /// Revokes a feed of the viewer's: from now on it is as if it had never been.
    ///
    /// # Errors
    ///
    /// [`FindError::NotFound`] when there is none in force, or it is somebody else's.
    pub async fn revoke(&self, viewer: &Viewer, id: Uuid) -> Result<(), FindError> {
        let revoked = self.feeds.revoke_feed(viewer, id, self.clock.now()).await?;
        if revoked { Ok(()) } else { Err(FindError::NotFound) }
    }

    /// The feed that a secret leads to, and the sessions that it holds now.
    ///
    /// # Errors
    ///
    /// [`FindError::NotFound`] when it leads to none: revoked, expired and unknown are the same.
    pub async fn read(&self, secret: &SecretHash) -> Result<(Feed, Vec<ListedSession>), FindError> {
        let feed = self.feeds.feed_by_secret(secret, self.clock.now()).await?.ok_or(FindError::NotFound)?;
        let sessions = self.sessions.calendar(&feed.scope, &feed.owner, &feed.filter, feed.order(), None).await;
        match sessions {
            Ok(sessions) => Ok((feed, sessions)),
            // None is made of such a brand.
            Err(ListSessionsError::BrandOutOfScope) => Err(FindError::NotFound),
            Err(ListSessionsError::Store(error)) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
