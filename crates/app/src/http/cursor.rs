//! Cursors of lists: an opaque text that holds the place to go on from.
//!
//! A cursor is versioned, bound to what was asked and carries no authority: every condition is applied again. Layout,
//! before it is written as base64url without padding:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, [`VERSION`] |
//! | 16 | [`Binding`] |
//! | | the payload of the list |
//! | 8 | checksum of all of the above |

pub mod line;
pub mod session;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_domain::{BrandId, BrandScope, Timestamp};
use uuid::Uuid;

use super::error::{ApiError, ErrorCode};

/// The version of the layout; another one is refused.
pub const VERSION: u8 = 1;
/// The most bytes that the text of a cursor may have.
pub const MAX_TEXT: usize = 512;

/// The cursor is malformed, or belongs to another query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCursor;

impl From<InvalidCursor> for ApiError {
    fn from(_: InvalidCursor) -> Self {
        let message = "cursor is not one that this very query was given: start again without cursor";
        Self::new(ErrorCode::InvalidCursor, message)
    }
}

/// What a walk is bound to, as a fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding([u8; 16]);

impl Binding {
    /// The bytes of the fingerprint.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Fields in a hash, each with its length, so that no two sequences of fields look alike.
struct Fields(blake3::Hasher);

impl Fields {
    /// No fields yet. Each kind of list has a context of its own.
    fn new(context: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(context))
    }

    fn text(&mut self, text: Option<&str>) {
        match text {
            None => self.0.update(&[0]),
            Some(text) => self.0.update(&[1]).update(&length(text.len())).update(text.as_bytes()),
        };
    }

    fn list<'a>(&mut self, members: impl Iterator<Item = &'a str>) {
        let members: Vec<_> = members.collect();
        self.0.update(&[2]).update(&length(members.len()));
        for member in members {
            self.text(Some(member));
        }
    }

    /// The brands that exist for the caller, as a set.
    fn scope(&mut self, scope: &BrandScope) {
        match scope {
            BrandScope::All => self.text(None),
            BrandScope::Only(brands) => self.list(brands.iter().map(BrandId::as_str)),
        }
    }

    fn binding(&self) -> Binding {
        Binding(first(self.0.finalize().as_bytes()))
    }
}

fn length(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

fn first<const N: usize>(bytes: &[u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| bytes[index])
}

fn checksum(payload: &[u8]) -> [u8; 8] {
    first(blake3::hash(payload).as_bytes())
}

/// The text of a cursor that holds this payload.
fn seal(binding: Binding, payload: &[&[u8]]) -> String {
    let mut bytes = vec![VERSION];
    bytes.extend(binding.0);
    bytes.extend(payload.concat());
    bytes.extend(checksum(&bytes));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The payload of a cursor that was made for this binding, to be read to its end.
fn open(text: &str, binding: Binding) -> Result<Payload, InvalidCursor> {
    if text.len() > MAX_TEXT {
        return Err(InvalidCursor);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
    let (sealed, sum) = bytes.split_last_chunk::<8>().ok_or(InvalidCursor)?;
    let payload = sealed.strip_prefix(&[VERSION]).and_then(|bound| bound.strip_prefix(&binding.0));
    match payload {
        Some(payload) if checksum(sealed) == *sum => Ok(Payload(payload.to_vec())),
        _ => Err(InvalidCursor),
    }
}

struct Payload(Vec<u8>);

impl Payload {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], InvalidCursor> {
        let taken = *self.0.first_chunk::<N>().ok_or(InvalidCursor)?;
        self.0.drain(..N);
        Ok(taken)
    }

    fn instant(&mut self) -> Result<Timestamp, InvalidCursor> {
        Timestamp::from_micros(i64::from_be_bytes(self.take()?)).map_err(|_| InvalidCursor)
    }

    fn id(&mut self) -> Result<Uuid, InvalidCursor> {
        self.take().map(Uuid::from_bytes)
    }

    /// What is there besides, up to the end, if anything is.
    fn rest<const N: usize>(&mut self) -> Result<Option<[u8; N]>, InvalidCursor> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let rest = self.take()?;
        self.end().map(|()| Some(rest))
    }

    fn end(&self) -> Result<(), InvalidCursor> {
        if self.0.is_empty() { Ok(()) } else { Err(InvalidCursor) }
    }
}
