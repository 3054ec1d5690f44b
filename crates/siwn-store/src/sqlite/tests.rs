//! The writer, seen from inside: batches, queues, faults that come and go, pruning.

use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::Connection;
use siwn::conformance::{TestClock, new_session};
use siwn::{ClientLabel, Generation, NewSession, Opening, SessionId, SessionRow, Store as _, StoreError, UnixMillis};
use tempfile::TempDir;

use super::SqliteStore;
use super::threads::{BATCH, PRUNE_LIMIT, QUEUE};

const START: UnixMillis = UnixMillis::new(1_760_000_000_000);
const CHALLENGE: Duration = Duration::from_mins(5);
const SESSION: Duration = Duration::from_hours(1);

struct Opened {
    store: Arc<SqliteStore>,
    clock: TestClock,
    path: PathBuf,
    _directory: TempDir,
}

impl Opened {
    fn new() -> Self {
        // It prunes after calls only, so that a test sees each step.
        Self::idling(Duration::from_hours(24))
    }

    fn idling(idle: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("siwn.db");
        let clock = TestClock::at(START);
        let shown = clock.clone();
        let store = SqliteStore::open_idling(&path, Generation::from_bytes([1; 16]), Arc::new(move || shown.now()), idle).unwrap();
        Self { store: Arc::new(store), clock, path, _directory: directory }
    }

    fn session(&self, challenge: u64) -> NewSession {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&challenge.to_be_bytes());
        let now = self.clock.now();
        let row = SessionRow {
            id: SessionId::from_bytes(id),
            secret_hash: [1; 32],
            recipient: "app.example".parse().unwrap(),
            account: "alice.near".parse().unwrap(),
            key: None,
            client: ClientLabel::default(),
            created_at: now,
            expires_at: now + SESSION,
            idle_lifetime: None,
            seen_at: now,
            checked_at: now,
        };
        new_session(row, now + CHALLENGE, self.store.generation().unwrap())
    }

    async fn open(&self, challenge: u64) -> Result<Opening, StoreError> {
        self.store.open(&self.session(challenge)).await
    }

    /// Does something on the writer's own connection.
    async fn on_writer(&self, sql: &'static str) {
        self.store.write(move |connection| Ok(connection.execute_batch(sql)?)).await.unwrap();
    }

    /// How many rows there are. The writer counts them, after everything that was asked of it before.
    async fn rows(&self) -> u64 {
        let count =
            |connection: &Connection| Ok(connection.query_row("SELECT count(*) FROM session", [], |row| row.get::<_, i64>(0))?);
        self.store.write(count).await.unwrap().try_into().unwrap()
    }

    /// Holds the writer, inside a transaction, until the sender is dropped.
    async fn hold_writer(&self) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let mut begun = Some(begun);
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            let hold = move |_: &Connection| {
                begun.take().map(|begun| begun.send(()));
                let _ = released.recv();
                Ok(())
            };
            store.write(hold).await.unwrap();
        });
        has_begun.await.unwrap();
        release
    }

    /// Commits in the write-ahead log, as the file format tells them: frames that carry the database's size.
    fn commits(&self) -> usize {
        const HEADER: usize = 32;
        const FRAME: usize = 24 + 4096;
        let log = std::fs::read(self.path.with_extension("db-wal")).unwrap();
        let is_commit = |frame: &&[u8]| frame[4..8] != [0; 4];
        log[HEADER..].chunks_exact(FRAME).filter(is_commit).count()
    }
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn logins_that_wait_together_share_a_commit() {
    let it = Opened::new();
    it.open(1_000).await.unwrap();
    let before = it.commits();
    let writer = it.hold_writer().await;
    let sessions: Vec<_> = (0..150).map(|challenge| it.session(challenge)).collect();
    let mut calls: Vec<_> = sessions.iter().map(|session| it.store.open(session)).collect();
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(writer);
    for call in calls {
        assert_eq!(call.await.unwrap(), Opening::Opened);
    }
    assert_eq!(it.commits() - before, 150_usize.div_ceil(BATCH));
}

#[tokio::test]
async fn a_full_queue_says_so_at_once() {
    let it = Opened::new();
    let writer = it.hold_writer().await;
    let sessions: Vec<_> = (0..=QUEUE as u64).map(|challenge| it.session(challenge)).collect();
    let mut calls: Vec<_> = sessions.iter().map(|session| it.store.open(session)).collect();
    let last = calls.pop().unwrap();
    for call in &mut calls {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let refused = last.await;
    assert!(is_unavailable(&refused), "{refused:?}");
    drop(writer);
    for call in calls {
        assert_eq!(call.await.unwrap(), Opening::Opened);
    }
    assert_eq!(it.rows().await, QUEUE as u64);
}

#[tokio::test]
async fn whoever_stops_waiting_in_time_spends_nothing() {
    let it = Opened::new();
    let writer = it.hold_writer().await;
    {
        let session = it.session(1);
        let mut call = pin!(it.store.open(&session));
        assert!(matches!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    }
    drop(writer);
    assert_eq!(it.rows().await, 0);
}

#[tokio::test]
async fn shutting_down_finishes_what_is_queued() {
    let it = Opened::new();
    let writer = it.hold_writer().await;
    let session = it.session(1);
    let waiting = {
        let (store, session) = (Arc::clone(&it.store), session.clone());
        let (queued, is_queued) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let mut call = store.open(&session);
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            queued.send(()).unwrap();
            call.await
        });
        is_queued.await.unwrap();
        task
    };
    let shutdown = {
        let store = Arc::clone(&it.store);
        tokio::spawn(async move { store.shutdown().await })
    };
    drop(writer);
    assert_eq!(waiting.await.unwrap().unwrap(), Opening::Opened);
    shutdown.await.unwrap();
    let kept: i64 = Connection::open(&it.path).unwrap().query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn dropping_the_store_ends_its_threads_and_closes_the_file() {
    let Opened { store, path, _directory, .. } = Opened::new();
    let log = path.with_extension("db-wal");
    assert!(log.exists());
    let mut ended = store.ended.clone();
    drop(store);
    assert!(ended.changed().await.is_err(), "nothing is sent, the sender is gone");
    assert!(!log.exists());
}

#[tokio::test]
async fn without_room_the_store_is_full_and_recovers() {
    let it = Opened::new();
    it.on_writer("PRAGMA max_page_count = 1").await;
    let mut answered = 0;
    let full = loop {
        match it.open(answered).await {
            Ok(Opening::Opened) => answered += 1,
            other => break other,
        }
    };
    assert!(matches!(full, Err(StoreError::Full)), "{full:?}");
    assert_eq!(it.rows().await, answered, "nothing that was answered is lost, nothing else is kept");
    assert!(it.store.find(it.session(0).row().id).await.unwrap().is_some(), "reading goes on");

    it.on_writer("PRAGMA max_page_count = 1000000").await;
    assert_eq!(it.open(answered).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn a_full_store_makes_room_of_what_is_over() {
    let it = Opened::new();
    it.on_writer("PRAGMA max_page_count = 1").await;
    let mut answered = 0;
    while it.open(answered).await.is_ok() {
        answered += 1;
    }
    it.clock.set(UnixMillis::new((START + SESSION).get() - 1));
    it.rows().await;
    assert_eq!(it.rows().await, answered, "it has just looked, and nothing was over");
    it.clock.set(START + SESSION);
    assert!(matches!(it.open(answered).await, Err(StoreError::Full)), "it prunes after it has answered");
    assert_eq!(it.open(answered + 1).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn a_store_that_cannot_write_is_unavailable_and_recovers() {
    let it = Opened::new();
    assert_eq!(it.open(1).await.unwrap(), Opening::Opened);
    it.on_writer("PRAGMA query_only = ON").await;
    let refused = it.open(2).await;
    assert!(is_unavailable(&refused), "{refused:?}");
    assert_eq!(it.open(2).await.unwrap(), Opening::Opened, "on a connection of its own");
    it.on_writer("PRAGMA query_only = ON").await;
    let checked = it.store.check().await;
    assert!(is_unavailable(&checked), "{checked:?}");
    it.store.check().await.unwrap();
    assert!(it.store.find(it.session(1).row().id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_is_away_is_unavailable_until_it_is_back() {
    let it = Opened::new();
    assert_eq!(it.open(1).await.unwrap(), Opening::Opened);
    // Makes the writer give up its connection at the next call, and look for the file.
    it.on_writer("PRAGMA query_only = ON").await;
    assert!(is_unavailable(&it.open(2).await));
    let away = it.path.with_extension("away");
    std::fs::rename(&it.path, &away).unwrap();
    for _ in 0..2 {
        let refused = it.open(2).await;
        assert!(is_unavailable(&refused), "{refused:?}");
    }
    assert!(!it.path.exists(), "no other file is made in its place");
    std::fs::rename(&away, &it.path).unwrap();
    assert_eq!(it.open(2).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn a_file_that_another_holds_is_unavailable_until_it_is_free() {
    let it = Opened::new();
    let other = Connection::open(&it.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = it.open(1).await;
    assert!(is_unavailable(&refused), "{refused:?}");
    assert_eq!(it.store.find(it.session(1).row().id).await.unwrap(), None, "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    assert_eq!(it.open(1).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn a_batch_that_fails_fails_for_all_and_is_undone() {
    let it = Opened::new();
    let writer = it.hold_writer().await;
    let session = it.session(1);
    let mut first = it.store.open(&session);
    let mut second = pin!(it.store.write(|connection| Ok(connection.execute_batch("PRAGMA nonsense; SELECT * FROM nowhere")?)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending() && second.as_mut().poll(&mut context).is_pending());
    drop(writer);
    assert!(is_unavailable(&first.await) && is_unavailable(&second.await));
    assert_eq!(it.rows().await, 0);
}

#[tokio::test]
async fn pruning_removes_what_is_over_in_small_steps() {
    let it = Opened::new();
    let old = u64::from(PRUNE_LIMIT) * 2 + 10;
    let sessions: Vec<_> = (0..old).map(|challenge| it.session(challenge)).collect();
    for call in sessions.iter().map(|session| it.store.open(session)).collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Opening::Opened);
    }
    it.clock.set(UnixMillis::new((START + SESSION).get() - 1));
    assert_eq!(it.open(old).await.unwrap(), Opening::Opened);
    assert_eq!(it.rows().await, old + 1, "a millisecond before their end");

    it.clock.set(START + SESSION + Duration::from_secs(10));
    assert_eq!(it.rows().await, old + 1, "the count comes first, then the pruning");
    let mut left = old + 1;
    for step in [u64::from(PRUNE_LIMIT), u64::from(PRUNE_LIMIT), 10, 0] {
        left -= step;
        assert_eq!(it.rows().await, left);
    }
    assert!(it.store.find(it.session(old).row().id).await.unwrap().is_some(), "the one that lives");
}

#[tokio::test]
async fn pruning_goes_on_while_nobody_asks() {
    let it = Opened::idling(Duration::from_millis(50));
    let many = u64::from(PRUNE_LIMIT) * 3;
    let sessions: Vec<_> = (0..many).map(|challenge| it.session(challenge)).collect();
    for call in sessions.iter().map(|session| it.store.open(session)).collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Opening::Opened);
    }
    it.clock.set(START + SESSION + Duration::from_secs(10));
    let file = Connection::open(&it.path).unwrap();
    let since = std::time::Instant::now();
    while file.query_row("SELECT count(*) FROM session", [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        assert!(since.elapsed() < Duration::from_secs(20), "nothing is pruned");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_tombstone_goes_when_its_challenge_has_ended() {
    let it = Opened::new();
    assert_eq!(it.open(1).await.unwrap(), Opening::Opened);
    it.store.close(it.session(1).row().id).await.unwrap();
    let end = START + CHALLENGE + Duration::from_secs(10);
    for (now, rows) in [(UnixMillis::new(end.get() - 1), 1), (end + Duration::from_secs(10), 0)] {
        it.clock.set(now);
        it.rows().await;
        assert_eq!(it.rows().await, rows);
    }
}

#[tokio::test]
async fn a_clock_that_goes_back_far_ends_all_challenges() {
    let it = Opened::new();
    let (used, unused) = (it.session(1), it.session(2));
    let before = it.store.generation().unwrap();
    assert_eq!(it.store.open(&used).await.unwrap(), Opening::Opened);
    it.clock.set(START + SESSION);
    it.rows().await;
    assert_eq!(it.rows().await, 0, "nothing guards the used one any more");

    it.clock.set(START);
    assert_eq!(it.store.open(&used).await.unwrap(), Opening::OtherGeneration);
    assert_eq!(it.store.open(&unused).await.unwrap(), Opening::OtherGeneration);
    assert_ne!(it.store.generation().unwrap(), before);
    assert_eq!(it.open(3).await.unwrap(), Opening::Opened, "people sign in again at once");
}

#[tokio::test]
async fn a_commit_that_fails_is_unknown_and_may_be_asked_again() {
    let it = Opened::new();
    it.on_writer("CREATE TEMP TABLE promise (id REFERENCES promise (of) DEFERRABLE INITIALLY DEFERRED, of UNIQUE)").await;
    let writer = it.hold_writer().await;
    let session = it.session(1);
    let mut login = it.store.open(&session);
    // A promise that is not kept shows at the commit, and not before.
    let mut breach = pin!(it.store.write(|connection| Ok(connection.execute("INSERT INTO promise VALUES (1, 2)", [])?)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(login.as_mut().poll(&mut context).is_pending() && breach.as_mut().poll(&mut context).is_pending());
    drop(writer);
    let (login, breach) = (login.await, breach.await);
    assert!(matches!((&login, &breach), (Err(StoreError::Unknown(_)), Err(StoreError::Unknown(_)))), "{login:?} {breach:?}");
    assert_eq!(it.store.open(&session).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn every_commit_is_on_disk_also_on_a_second_connection() {
    let it = Opened::new();
    for _ in 0..2 {
        let settings = |connection: &Connection| {
            let one = |sql| connection.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0));
            Ok((one("PRAGMA journal_mode")?, one("PRAGMA synchronous")?))
        };
        assert_eq!(it.store.write(settings).await.unwrap(), ("wal".to_owned().into(), 2_i64.into()));
        it.on_writer("PRAGMA query_only = ON").await;
        assert!(is_unavailable(&it.open(1).await), "this connection is given up");
    }
}
