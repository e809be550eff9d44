//! Many act at once, by two stores on one database as by two processes: what holds for one after the other holds for all.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod edits;
mod feeds;
mod keys;
mod seats;

use std::sync::Arc;

use live_domain::contract::Store;
use live_domain::contract::fixtures::viewer;
use live_domain::{BrandScope, Editor, Reach, SessionEditor, SystemClock, TimeOrderedIds};

/// Two stores on one database are as two processes that serve it.
type Stores<S> = [S; 2];

fn name(number: u32) -> String {
    format!("person {number:03}")
}

/// Does something once for each number, all at once, by either store.
async fn at_once<S, D, F, T>(stores: &Stores<S>, numbers: impl Iterator<Item = u32>, act: D) -> Vec<T>
where
    S: Clone,
    D: Fn(S, u32) -> F,
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let store_of = |number: u32| stores[usize::from(number.is_multiple_of(3))].clone();
    let started: Vec<_> = numbers.map(|number| tokio::spawn(act(store_of(number), number))).collect();
    let mut done = Vec::new();
    for task in started {
        done.push(task.await.unwrap());
    }
    done
}

fn editor<S: Store + 'static>(store: S) -> SessionEditor {
    let store = Arc::new(store);
    let port = || Arc::<S>::clone(&store);
    SessionEditor::new(port(), port(), port(), Arc::new(SystemClock), Arc::new(TimeOrderedIds))
}

fn ada() -> Editor {
    Editor { viewer: viewer("ada"), scope: BrandScope::All, reach: Reach::Own }
}
