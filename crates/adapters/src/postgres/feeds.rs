//! Calendar feeds.

use std::convert::Infallible;

use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use live_domain::{
    CreateFeedError, Feed, FeedRepository, Keyed, Outcome, SealedSecret, SecretHash, StoreError, Timestamp, Viewer,
    Write,
};
use uuid::Uuid;

use super::PgSessionRepository;
use super::error::PgError;
use super::idempotency::{Instead, end_if_kept, keep, keyed, refused};
use super::pool::{Undone, Work};
use super::row::{FeedRow, PgInstant};
use super::statement::{Statement, statement};
use crate::feed_row::FeedTexts;

/// One after the other of one owner: to count and to put in are one thing.
const WAIT_FOR_TURN: &str = "SELECT FROM pg_advisory_xact_lock(hashtextextended('calendar feeds of ' || $1, 0))";

const COUNT: &str = "SELECT count(*) FROM calendar_feeds WHERE owner = $1 AND expires_at > $2";

const CREATE: &str = "
    INSERT INTO calendar_feeds (id, secret_hash, owner, brands, filter, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const BY_SECRET: &str = "
    SELECT id, owner, brands, filter, created_at, expires_at FROM calendar_feeds
    WHERE secret_hash = $1 AND expires_at > $2";

const OF_OWNER: &str = "
    SELECT id, owner, brands, filter, created_at, expires_at FROM calendar_feeds
    WHERE id = $1 AND owner = $2 AND expires_at > $3";

const REVOKE: &str = "DELETE FROM calendar_feeds WHERE id = $1 AND owner = $2 AND expires_at > $3";

/// Those that somebody else is deleting are left to them.
const PRUNE: &str = "
    DELETE FROM calendar_feeds WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM calendar_feeds WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED))";

type FeedColumns = (SqlUuid, Text, Nullable<Text>, Text, Timestamptz, Timestamptz);

/// A feed is made.
struct Creating {
    feed: Feed,
    secret: SealedSecret,
    write: Write,
}

type CreateResult<T> = Result<T, Undone<Instead<CreateFeedError>>>;

#[async_trait]
impl Work for Creating {
    type Done = ();
    type Refused = Instead<CreateFeedError>;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> CreateResult<()> {
        connection.transaction(async |connection| self.create(connection).await).await
    }
}

impl Creating {
    async fn create(&self, connection: &mut AsyncPgConnection) -> CreateResult<()> {
        let Self { feed, secret, write } = self;
        let owner = feed.owner.subject().as_str();
        statement::<()>(WAIT_FOR_TURN).bind(owner).execute(connection).await?;
        end_if_kept(connection, write).await?;
        let count = statement::<(BigInt,)>(COUNT).bind(owner).bind(PgInstant::from(write.now));
        let (in_force,): (i64,) = count.get_result(connection).await?;
        if usize::try_from(in_force).is_ok_and(|in_force| in_force >= Feed::MOST_OF_ONE_OWNER) {
            return Err(refused(CreateFeedError::TooMany));
        }
        let FeedTexts { brands, filter } = feed.try_into().map_err(PgError::Json)?;
        statement::<()>(CREATE)
            .bind(feed.id)
            .bind(&secret.hash.0[..])
            .bind(owner)
            .bind(brands)
            .bind(filter)
            .bind(PgInstant::from(feed.created_at))
            .bind(PgInstant::from(feed.expires_at))
            .execute(connection)
            .await?;
        keep(connection, write, || Outcome::Feed { id: feed.id, secret: *secret }).await
    }
}

/// A feed is revoked.
struct Revoking {
    owner: Viewer,
    id: Uuid,
    now: Timestamp,
}

#[async_trait]
impl Work for Revoking {
    type Done = bool;
    type Refused = Infallible;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> Result<bool, Undone<Infallible>> {
        let revoke = statement::<()>(REVOKE).bind(self.id).bind(self.owner.subject().as_str());
        Ok(revoke.bind(PgInstant::from(self.now)).execute(connection).await? > 0)
    }
}

impl PgSessionRepository {
    async fn find_feed(&self, query: Statement<'static, FeedColumns>) -> Result<Option<Feed>, StoreError> {
        let row = self.pool.run(|connection| query.get_result(connection).map(OptionalExtension::optional).boxed());
        let row: Option<FeedRow> = row.await?;
        Ok(row.map(Feed::try_from).transpose().map_err(|error| self.pool.counted(error))?)
    }
}

#[async_trait]
impl FeedRepository for PgSessionRepository {
    async fn create_feed(
        &self,
        feed: &Feed,
        secret: &SealedSecret,
        write: &Write,
    ) -> Result<Keyed<()>, CreateFeedError> {
        let creating = Creating { feed: feed.clone(), secret: *secret, write: write.clone() };
        keyed(self.pool.write(creating).await)
    }

    async fn feed_by_secret(&self, secret: &SecretHash, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        self.find_feed(statement(BY_SECRET).bind(secret.0.to_vec()).bind(PgInstant::from(now))).await
    }

    async fn feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        let owner = owner.subject().to_string();
        self.find_feed(statement(OF_OWNER).bind(id).bind(owner).bind(PgInstant::from(now))).await
    }

    async fn revoke_feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        self.pool.write(Revoking { owner: owner.clone(), id, now }).await.map_err(|undone| match undone {
            Undone::Failed(error) => error.into(),
            Undone::Refused(never) => match never {},
        })
    }

    async fn prune_feeds(&self, now: Timestamp) -> Result<u64, StoreError> {
        let prune = statement::<()>(PRUNE).bind(PgInstant::from(now));
        let deleted = self.pool.run(|connection| prune.execute(connection).boxed()).await?;
        Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
    }
}
