//! Every store does what the domain's contract suite says, and answers what the reference store answers.

use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::contract::{check_store, compare_with_memory};

#[tokio::test]
async fn postgres_keeps_the_contract() {
    let mut database = None;
    check_store(async || database.insert(PgDatabase::create().await).store()).await;
}

#[tokio::test]
async fn sqlite_keeps_the_contract() {
    let mut file = None;
    check_store(async || file.insert(SqliteFile::create().await).store()).await;
}

/// The seeds, and how many questions each asks: 10,000 at full size.
fn questions() -> (std::ops::Range<u64>, u32) {
    if is_full_size() { (0..10, 1_000) } else { (0..3, 500) }
}

#[tokio::test]
async fn acceptance_random_questions_agree_with_memory_on_postgres() {
    let (seeds, questions) = questions();
    for seed in seeds {
        let database = PgDatabase::create().await;
        compare_with_memory(&database.store(), seed, questions).await;
    }
}

#[tokio::test]
async fn acceptance_random_questions_agree_with_memory_on_sqlite() {
    let (seeds, questions) = questions();
    for seed in seeds {
        let file = SqliteFile::create().await;
        compare_with_memory(&file.store(), seed, questions).await;
    }
}
