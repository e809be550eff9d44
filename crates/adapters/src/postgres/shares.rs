//! The pool in shares: connections stay with the thread that serves requests with them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolError, TimeoutType, Timeouts};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::connection::Connector;
use super::error::PgError;
use super::manager::ConnectionManager;
use crate::store_settings::StoreSettings;

type Share = Pool<ConnectionManager>;

/// Whoever finds nothing does not wait.
const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };

/// How long a thread waits until one of its own gets free, before it takes one of another thread. Under load one does all the
/// time; taken from each other at once, connections would hardly ever be used where they live.
const A_MOMENT: Timeouts = Timeouts { wait: Some(Duration::from_millis(5)), create: None, recycle: None };

/// The connections of a store, in a share for each thread that serves requests.
///
/// The bytes of a connection are moved by a task, which stays on the runtime that it was begun on. Where that is another
/// thread than the one that waits for the answer, each round trip is two switches between threads; they cost more than all
/// else that is done for a page.
#[derive(Clone)]
pub(super) struct Shares {
    shares: Arc<[Share]>,
    /// Whose work it is, where that is settled: it may be done on another thread.
    own: Option<usize>,
}

impl Shares {
    pub(super) fn new(connector: &Connector, settings: StoreSettings) -> Result<Self, PgError> {
        let size = settings.pool_size.max(1);
        let number = settings.threads.clamp(1, size);
        let knowledge = Arc::new(Mutex::default());
        let share = |place: usize| {
            let manager = ConnectionManager::new(connector.clone(), settings.timeout, Arc::clone(&knowledge));
            let size = size / number + usize::from(place < size % number);
            Pool::builder(manager)
                .max_size(size)
                .runtime(Runtime::Tokio1)
                .build()
                .map_err(|error| PgError::Pool(error.to_string()))
        };
        Ok(Self { shares: (0..number).map(share).collect::<Result<_, _>>()?, own: None })
    }

    /// The same connections for work of the thread that this is called on, wherever it is done.
    pub(super) fn of_this_thread(&self) -> Self {
        Self { shares: Arc::clone(&self.shares), own: Some(self.own()) }
    }

    /// A connection: one of the own share; where none gets free soon, one that another share has to spare; else it waits for
    /// its own.
    pub(super) async fn get(&self) -> Result<Object<ConnectionManager>, PoolError<PgError>> {
        let own = self.own();
        let (before, from_own) = self.shares.split_at(own);
        let mut patience = &A_MOMENT;
        for share in from_own.iter().chain(before) {
            let found = share.timeout_get(patience).await;
            if !matches!(found, Err(PoolError::Timeout(TimeoutType::Wait))) {
                return found;
            }
            patience = &AT_ONCE;
        }
        self.shares[own].get().await
    }

    /// There was no answer in time.
    pub(super) fn doubt(&self) {
        self.shares[0].manager().doubt();
    }

    /// How all of them are used.
    pub(super) fn status(&self) -> deadpool::Status {
        let none = deadpool::Status { max_size: 0, size: 0, available: 0, waiting: 0 };
        self.shares.iter().map(Pool::status).fold(none, |sum, share| deadpool::Status {
            max_size: sum.max_size + share.max_size,
            size: sum.size + share.size,
            available: sum.available + share.available,
            waiting: sum.waiting + share.waiting,
        })
    }

    /// The share of the thread that this is called on. It takes one that no other has, if it is a thread that connections
    /// can stay with; else it has a part in the first.
    fn own(&self) -> usize {
        self.own
            .or_else(|| {
                let current = Handle::try_current().ok()?;
                let find = |is_own: &dyn Fn(&ConnectionManager) -> bool| {
                    self.shares.iter().position(|share| is_own(share.manager()))
                };
                find(&|manager| manager.lives_on(&current)).or_else(|| match current.runtime_flavor() {
                    RuntimeFlavor::CurrentThread => find(&|manager| manager.settle(&current)),
                    _ => None,
                })
            })
            .unwrap_or_default()
    }
}
