//! A store of your own behind the use case of listing: `store.rs` is the store, `talks.rs` what it holds.
//!
//! `cargo run -p live-domain --example own_store --features contract`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

mod store;
mod talks;

use std::error::Error;
use std::sync::Arc;

use live_domain::{
    BrandScope, ListSessions, LiveSessions, PageSize, SessionFilter, SessionOrder, Start, SystemClock, UpcomingGrace,
    Viewer,
};

use store::Programme;
use talks::talks;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = Arc::new(Programme(talks()?));
    let sessions = LiveSessions::new(store, Arc::new(SystemClock), UpcomingGrace::default());
    let mut start = Start::Beginning(SessionOrder::Newest);
    loop {
        let page = sessions
            .list(ListSessions {
                scope: BrandScope::only(["acme".parse()?])?,
                viewer: Viewer::new("ada")?,
                filter: SessionFilter::default(),
                start,
                seen: None,
                size: PageSize::new(2)?,
            })
            .await?;
        let titles: Vec<_> = page.items.iter().map(|item| item.session.title.as_str()).collect();
        println!("a page: {}", titles.join(", "));
        match page.next {
            Some(scan) => start = Start::At(scan),
            None => return Ok(()),
        }
    }
}
