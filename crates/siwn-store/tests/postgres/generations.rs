//! Whatever may have lost rows is another generation.

use siwn::conformance::TestClock;
use siwn::{Opening, Store as _};
use siwn_store::postgres::OpenError;

use super::servers::Postgres;
use super::{SERVER, START, database, eventually, id, name, open, open_with, session};

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_refused_until_it_is_promoted_and_is_another_generation_then() {
    let primary = Postgres::start();
    let url = primary.database();
    let store = open(&url).await;
    let old = session(&store, 1, 1);
    assert_eq!(store.open(&old).await.unwrap(), Opening::Opened);
    let standby = primary.standby();
    let there = standby.url(&name(&url));
    let refused = open_with(&there, TestClock::at(START)).await;
    assert!(matches!(refused, Err(OpenError::ReadOnly)), "{refused:?}");
    standby.promote();
    let promoted = open(&there).await;
    assert_ne!(promoted.generation().unwrap(), store.generation().unwrap());
    assert_eq!(promoted.find(id(1)).await.unwrap().as_ref(), Some(old.row()), "sessions go on");
    assert_eq!(promoted.open(&session(&store, 2, 1)).await.unwrap(), Opening::OtherGeneration);
    assert_eq!(promoted.open(&session(&promoted, 2, 1)).await.unwrap(), Opening::Opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_was_put_back_is_another_generation() {
    let server = Postgres::start();
    let url = server.database();
    let store = open(&url).await;
    let restored = server.restored();
    let spent = session(&store, 1, 1);
    assert_eq!(store.open(&spent).await.unwrap(), Opening::Opened, "after the backup");
    let from_backup = open(&restored.url(&name(&url))).await;
    assert_ne!(from_backup.generation().unwrap(), store.generation().unwrap());
    assert_eq!(from_backup.open(&spent).await.unwrap(), Opening::OtherGeneration, "its mark is not in the backup");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_emptied_is_another_generation() {
    let url = database().await;
    let store = open(&url).await;
    let spent = session(&store, 1, 1);
    assert_eq!(store.open(&spent).await.unwrap(), Opening::Opened);
    SERVER.run_sql(&name(&url), "TRUNCATE siwn.session");
    assert_eq!(store.open(&spent).await.unwrap(), Opening::OtherGeneration);
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened, "the new generation is known at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_that_stay_agree_on_the_generation_after_a_restart() {
    let mut server = Postgres::start();
    let url = server.database();
    let (one, other) = (open(&url).await, open(&url).await);
    let before = one.generation().unwrap();
    server.kill();
    server.start_again();
    for store in [&one, &other] {
        eventually(async || store.check().await.ok()).await;
    }
    assert_ne!(one.generation().unwrap(), before);
    assert_eq!(one.generation().unwrap(), other.generation().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_is_changed_by_hand_is_followed() {
    let url = database().await;
    let store = open(&url).await;
    let old = session(&store, 1, 1);
    SERVER.run_sql(&name(&url), "UPDATE siwn.meta SET generation = uuid_send(gen_random_uuid())");
    assert_eq!(store.open(&old).await.unwrap(), Opening::OtherGeneration);
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
}
