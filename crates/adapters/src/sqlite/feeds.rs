//! Calendar feeds.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::dsl::count_star;
use diesel::prelude::*;
use live_domain::{
    CreateFeedError, Feed, FeedRepository, Keyed, Outcome, SealedSecret, SecretHash, StoreError, Timestamp, Viewer,
    Write,
};
use uuid::Uuid;

use super::SqliteSessionRepository;
use super::error::{Refusal, SqliteError};
use super::idempotency::once;
use super::row::{FeedRow, IdBytes, Micros};
use super::schema::calendar_feeds;
use crate::feed_row::FeedTexts;

/// How many feeds are deleted at once: what waits to write meanwhile does not notice.
const PRUNED_AT_ONCE: i64 = 1_000;

/// What a feed is read from.
const COLUMNS: (
    calendar_feeds::id,
    calendar_feeds::owner,
    calendar_feeds::brands,
    calendar_feeds::filter,
    calendar_feeds::created_at,
    calendar_feeds::expires_at,
) = (
    calendar_feeds::id,
    calendar_feeds::owner,
    calendar_feeds::brands,
    calendar_feeds::filter,
    calendar_feeds::created_at,
    calendar_feeds::expires_at,
);

fn create(
    connection: &mut SqliteConnection,
    feed: &Feed,
    secret: &SealedSecret,
    now: Timestamp,
) -> Result<(), Refusal<CreateFeedError>> {
    let owner = feed.owner.subject().as_str();
    let of_owner = calendar_feeds::table.filter(calendar_feeds::owner.eq(owner));
    let in_force = of_owner.filter(calendar_feeds::expires_at.gt(Micros::from(now))).select(count_star());
    let in_force: i64 = in_force.get_result(connection)?;
    if usize::try_from(in_force).is_ok_and(|in_force| in_force >= Feed::MOST_OF_ONE_OWNER) {
        return Err(Refusal::Rule(CreateFeedError::TooMany));
    }
    let FeedTexts { brands, filter } = feed.try_into().map_err(SqliteError::Snapshot)?;
    diesel::insert_into(calendar_feeds::table)
        .values((
            calendar_feeds::id.eq(IdBytes::from(feed.id)),
            calendar_feeds::secret_hash.eq(&secret.hash.0[..]),
            calendar_feeds::owner.eq(owner),
            calendar_feeds::brands.eq(brands),
            calendar_feeds::filter.eq(filter),
            calendar_feeds::created_at.eq(Micros::from(feed.created_at)),
            calendar_feeds::expires_at.eq(Micros::from(feed.expires_at)),
        ))
        .execute(connection)?;
    Ok(())
}

fn read(row: Option<FeedRow>) -> Result<Option<Feed>, SqliteError> {
    Ok(row.map(Feed::try_from).transpose()?)
}

fn revoke(connection: &mut SqliteConnection, owner: &Viewer, id: Uuid, now: Timestamp) -> QueryResult<bool> {
    let feed = calendar_feeds::table
        .find(IdBytes::from(id))
        .filter(calendar_feeds::owner.eq(owner.subject().as_str()))
        .filter(calendar_feeds::expires_at.gt(Micros::from(now)));
    Ok(diesel::delete(feed).execute(connection)? > 0)
}

fn prune(connection: &mut SqliteConnection, now: Timestamp) -> QueryResult<usize> {
    let oldest: Vec<IdBytes> = calendar_feeds::table
        .filter(calendar_feeds::expires_at.le(Micros::from(now)))
        .order(calendar_feeds::expires_at)
        .limit(PRUNED_AT_ONCE)
        .select(calendar_feeds::id)
        .load(connection)?;
    for id in &oldest {
        diesel::delete(calendar_feeds::table.find(id)).execute(connection)?;
    }
    Ok(oldest.len())
}

#[async_trait]
impl FeedRepository for SqliteSessionRepository {
    async fn create_feed(
        &self,
        feed: &Feed,
        secret: &SealedSecret,
        write: &Write,
    ) -> Result<Keyed<()>, CreateFeedError> {
        let (feed, secret, write) = (feed.clone(), *secret, write.clone());
        let outcome = Outcome::Feed { id: feed.id, secret };
        let work = move |connection: &mut SqliteConnection| {
            once(connection, &write, |()| outcome, |connection| create(connection, &feed, &secret, write.now))
        };
        self.pool.write(work).await
    }

    async fn feed_by_secret(&self, secret: &SecretHash, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        let secret = *secret;
        let find = move |connection: &mut SqliteConnection| {
            let found = calendar_feeds::table
                .filter(calendar_feeds::secret_hash.eq(&secret.0[..]))
                .filter(calendar_feeds::expires_at.gt(Micros::from(now)));
            read(found.select(COLUMNS).first(connection).optional()?)
        };
        Ok(self.pool.run(find).await?)
    }

    async fn feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        let owner = owner.clone();
        let find = move |connection: &mut SqliteConnection| {
            let found = calendar_feeds::table
                .find(IdBytes::from(id))
                .filter(calendar_feeds::owner.eq(owner.subject().as_str()))
                .filter(calendar_feeds::expires_at.gt(Micros::from(now)));
            read(found.select(COLUMNS).first(connection).optional()?)
        };
        Ok(self.pool.run(find).await?)
    }

    async fn revoke_feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let owner = owner.clone();
        self.pool.write(move |connection| Ok(revoke(connection, &owner, id, now)?)).await
    }

    async fn prune_feeds(&self, now: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.pool.write(move |connection| Ok::<_, Refusal<StoreError>>(prune(connection, now)?)).await?;
        Ok(u64::try_from(pruned).unwrap_or(u64::MAX))
    }
}
