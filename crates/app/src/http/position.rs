//! `Live-Position`: how far the store has come, so that somebody who has written can ask for a list that shows it.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use live_domain::{StorePosition, StoreProgress};
use tokio::time::{Instant, timeout_at};

use super::carried::Carried;
use super::error::ApiError;
use super::faults::Faults;
use super::state::AppState;

/// The header field, as faults name it.
pub const LIVE_POSITION: &str = "Live-Position";

/// As Postgres writes a place in its log: two halves, in hexadecimal.
fn written(position: StorePosition) -> String {
    let number = position.get();
    format!("{:X}/{:X}", number >> 32, number & u64::from(u32::MAX))
}

/// The position, if it is written just so.
fn read(field: &[u8]) -> Option<StorePosition> {
    let text = str::from_utf8(field).ok()?;
    let (high, low) = text.split_once('/')?;
    let half = |text| u32::from_str_radix(text, 16).ok().map(u64::from);
    let position = StorePosition::new(half(high)? << 32 | half(low)?);
    (written(position) == text).then_some(position)
}

/// What the client has seen of the store, if it says so.
///
/// # Errors
///
/// A field that stands there twice, or that is no position.
pub fn seen(request: &HttpRequest) -> Result<Option<StorePosition>, Faults> {
    let mut fields = request.headers().get_all(LIVE_POSITION);
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(fault("is given twice: send the later one"));
    }
    let position = read(field.as_bytes().trim_ascii());
    position.map(Some).ok_or_else(|| fault("must be as an answer had it: two hexadecimal numbers, as in 0/16B3748"))
}

/// Refuses what nobody can have seen.
async fn check(progress: &dyn StoreProgress, seen: Option<StorePosition>) -> Result<(), ApiError> {
    match seen {
        Some(seen) if progress.is_ahead(seen).await? => {
            Err(fault("is ahead of the store: send one that this service answered a write with").into())
        }
        _ => Ok(()),
    }
}

fn fault(fault: &str) -> Faults {
    Faults::one(LIVE_POSITION, format!("{LIVE_POSITION} {fault}"))
}

/// Does the work of a request that lists, as [`AppState::in_time`] does, for somebody who can have seen that of the store.
///
/// # Errors
///
/// As for [`AppState::in_time`]; a position that the store has not come to.
pub async fn list_in_time<T, E>(
    state: &AppState,
    seen: Option<StorePosition>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, ApiError>
where
    ApiError: From<E>,
{
    let checked = async {
        check(&*state.progress, seen).await?;
        Ok(work.await?)
    };
    state.in_time::<T, ApiError>(checked).await
}

/// Does the work of a request that writes, as [`AppState::in_time`] does, and lets the answer say how far the store has come with
/// it. Where that cannot be had before the deadline the answer goes without: what is done is done.
///
/// # Errors
///
/// As for [`AppState::in_time`].
pub async fn write_in_time<T, E>(
    request: &HttpRequest,
    state: &AppState,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, ApiError>
where
    ApiError: From<E>,
{
    let end = Instant::now() + state.store_deadline;
    let done = state.in_time(work).await?;
    let position = timeout_at(end, state.progress.position()).await.ok().and_then(Result::ok);
    if let Some(value) = position.and_then(|position| HeaderValue::from_str(&written(position)).ok()) {
        Carried::by_answer_to(request).set(HeaderName::from_static("live-position"), value);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written_and_not_otherwise() {
        for (number, text) in
            [(0, "0/0"), (0x016B_3748, "0/16B3748"), (u64::MAX, "FFFFFFFF/FFFFFFFF"), (1 << 32, "1/0")]
        {
            assert_eq!(written(StorePosition::new(number)), text);
            assert_eq!(read(text.as_bytes()), Some(StorePosition::new(number)));
        }
        let bad =
            ["", "/", "0", "0/", "/0", "0/0/0", "0/16b3748", "00/0", "0/00", "+0/0", "0/ 0", "0/100000000", "G/0"];
        for text in bad {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read(b"0/\xff"), None);
    }
}
