//! Whose tokens were that came before. Good ones alone are remembered: whoever has none cannot push out those of others. No
//! token is kept, nor anything that it could be made of again.

use std::sync::Arc;

use live_domain::{BrandId, BrandScope};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Options, OptionsBuilder, Weighter};

use super::guard::Caller;
use crate::metrics::{Outcome, Tally};

/// What all entries together may take, in bytes.
const CAPACITY: u64 = 8 << 20;
/// About how many entries that is: the tables of those that were forgotten are sized by it.
const EXPECTED_ENTRIES: usize = 8_192;
/// The parts that are locked one by one. None holds an entry that is larger than its share of the capacity.
const SHARDS: usize = 8;
/// What an entry takes beside its texts: its hash, its place in the tables, the caller and what it was kept with.
const ENTRY: usize = 384;
/// What a set takes beside its texts: a node of its tree.
const SET: usize = 288;
/// What a text in a set takes beside its bytes, where the nodes are half full and the allocator rounds up.
const TEXT: usize = 64;

/// Stands for a token. It is made with a key of this process: nobody else can tell whether a hash is that of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

/// The callers of tokens, each with the proof that it rests on: it is for the verifier to say whether that still holds.
pub(super) struct TokenMemory<P> {
    key: [u8; 32],
    entries: Cache<TokenHash, Arc<Entry<P>>, Bytes>,
    accepted: Tally<Acceptance>,
}

struct Entry<P> {
    caller: Caller,
    proof: P,
    bytes: u64,
}

/// How a token came to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// It was remembered, and is still good.
    Remembered,
    /// It was verified.
    Verified,
}

impl Outcome for Acceptance {
    const LABEL: &'static str = "how";
    const ALL: &'static [Self] = &[Self::Remembered, Self::Verified];

    fn name(self) -> &'static str {
        match self {
            Self::Remembered => "remembered",
            Self::Verified => "verified",
        }
    }
}

#[derive(Clone)]
struct Bytes;

impl<P> Weighter<TokenHash, Arc<Entry<P>>> for Bytes {
    fn weight(&self, _: &TokenHash, entry: &Arc<Entry<P>>) -> u64 {
        entry.bytes
    }
}

impl<P> TokenMemory<P> {
    /// Remembers nothing yet, and counts what comes to be accepted.
    pub(super) fn new(accepted: Tally<Acceptance>) -> Self {
        let entries = Cache::with_options(options(), Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { key: rand::random(), entries, accepted }
    }

    /// What the token is remembered by.
    pub(super) fn hash(&self, token: &str) -> TokenHash {
        TokenHash(*blake3::keyed_hash(&self.key, token.as_bytes()).as_bytes())
    }

    /// The caller of a token whose proof still holds. What holds no more is forgotten.
    pub(super) fn recall(&self, token: &TokenHash, holds: impl Fn(&P) -> bool) -> Option<Caller> {
        let entry = self.entries.get(token)?;
        if !holds(&entry.proof) {
            // Another request may have put a good one in its place meanwhile.
            self.entries.remove_if(token, |entry| !holds(&entry.proof));
            return None;
        }
        self.accepted.count(Acceptance::Remembered);
        Some(entry.caller.clone())
    }

    /// Keeps whose token it is, which was just verified.
    pub(super) fn remember(&self, token: TokenHash, caller: &Caller, proof: P) {
        let entry = Entry { caller: caller.clone(), proof, bytes: bytes(caller) };
        self.entries.insert(token, Arc::new(entry));
        self.accepted.count(Acceptance::Verified);
    }
}

#[expect(clippy::expect_used, reason = "the capacity and the number of entries are given, and nothing else is needed")]
fn options() -> Options {
    let mut options = OptionsBuilder::new();
    options.weight_capacity(CAPACITY).estimated_items_capacity(EXPECTED_ENTRIES).shards(SHARDS);
    options.build().expect("options that are whole")
}

/// What the entry of a caller takes at most.
fn bytes(caller: &Caller) -> u64 {
    let Caller { viewer, brands, scopes } = caller;
    let brands = match brands {
        BrandScope::All => 0,
        BrandScope::Only(brands) => set(brands.iter().map(BrandId::as_str)),
    };
    let bytes = ENTRY + TEXT + viewer.subject().as_str().len() + brands + set(scopes.iter().map(String::as_str));
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn set<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    SET + texts.map(|text| TEXT + text.len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use live_domain::Viewer;

    use super::*;

    fn caller(brands: usize, length: usize) -> Caller {
        let named = (0..brands).map(|number| BrandId::new(format!("{number:0length$}")).unwrap());
        let brands = if brands == 0 { BrandScope::All } else { BrandScope::only(named).unwrap() };
        Caller { viewer: Viewer::new("ada").unwrap(), brands, scopes: Arc::default() }
    }

    #[test]
    fn what_holds_no_more_is_forgotten_for_good() {
        let memory = TokenMemory::new(Tally::default());
        let token = memory.hash("token");
        assert_eq!(memory.recall(&token, |()| true), None);
        memory.remember(token, &caller(0, 0), ());
        assert_eq!(memory.recall(&token, |()| true), Some(caller(0, 0)));
        assert_eq!(memory.recall(&token, |()| false), None);
        assert_eq!(memory.recall(&token, |()| true), None);
        assert!(memory.entries.is_empty());
    }

    #[test]
    fn a_token_is_called_otherwise_in_another_process() {
        let [one, other] = [(), ()].map(|()| TokenMemory::<()>::new(Tally::default()));
        assert!(one.hash("token") == one.hash("token"));
        assert!(one.hash("token") != one.hash("Token"));
        assert!(one.hash("token") != other.hash("token"));
    }

    #[test]
    fn entries_of_any_size_stay_within_the_capacity() {
        let memory = TokenMemory::new(Tally::default());
        let sizes = [caller(0, 0), caller(1, 8), caller(20, 128), caller(200, 128)];
        for (number, caller) in (0..100_000).zip(sizes.iter().cycle()) {
            memory.remember(memory.hash(&format!("token {number}")), caller, ());
        }
        assert!(memory.entries.weight() <= CAPACITY, "{}", memory.entries.weight());
        assert!(memory.entries.weight() > CAPACITY / 2, "{}", memory.entries.weight());
        let used = memory.entries.memory_used();
        assert!(used.total() < 1 << 20, "{used:?}");
    }

    #[test]
    fn the_largest_caller_that_a_token_can_tell_of_is_remembered() {
        let scopes = (0..crate::auth::MAX_TOKEN / 4).map(|number| format!("{number:x}")).collect();
        let largest = Caller { scopes: Arc::new(scopes), ..caller(200, 128) };
        let memory = TokenMemory::new(Tally::default());
        let token = memory.hash("token");
        memory.remember(token, &largest, ());
        assert_eq!(memory.recall(&token, |()| true), Some(largest));
    }
}
