//! PostgreSQL: for as many machines as there are.
//!
//! A login is one statement in one message, and on disk before it is answered. Calls that wait go together. No statement depends on the
//! one before it or on its connection, so that a pooler may give out servers by the transaction. Everything is in the schema `siwn`, which
//! is made where there is none; the user needs `CREATE` on the database for that, and later for nothing but what he made.
//!
//! The memory of spent challenges is that of one run of the server. A backup that is put back, a standby that takes over, a restart: each
//! is another run, and a new generation with it, so that people who are in the middle of signing in start over; sessions stay. What puts
//! rows back by hand into a server that runs says so itself:
//!
//! ```sql
//! UPDATE siwn.meta SET generation = uuid_send(gen_random_uuid());
//! ```

mod batch;
mod error;
mod links;
mod literal;
mod rows;
mod schema;
mod url;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use siwn::{BoxFuture, Generation, NewSession, Opening, Secret, SessionId, SessionRow, Store, StoreError, UnixMillis};
use sqlx::postgres::PgRow;
use tokio::task::JoinHandle;

use self::batch::Batches;
use self::error::Fault;
pub use self::error::OpenError;
use self::links::{Again, Links};
use self::rows::Verdict;
pub use self::url::{PostgresUrl, PostgresUrlError};
use crate::Clock;

/// How often a process prunes, by the store's clock.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How many rows one statement prunes, at most.
const PRUNE_LIMIT: u16 = 256;
/// How often a login is asked for again that somebody else was faster with.
const LOOKS: usize = 3;

/// Sessions in a PostgreSQL database.
///
/// Calls wait in queues of bounded length, and for two seconds at most; then the answer is [`StoreError::Unavailable`] where nothing was
/// begun, else [`StoreError::Unknown`]. While the server is out of reach it is asked again now and then, by one call after another.
/// Dropping the store leaves what is under way to end by itself; [`PostgresStore::shutdown`] waits for that.
pub struct PostgresStore {
    core: Arc<Core>,
    /// None once the store is shut down.
    calls: RwLock<Option<Calls>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Calls {
    opens: Batches<NewSession, Result<Opening, Fault>>,
    finds: Batches<SessionId, Result<Option<SessionRow>, Fault>>,
}

/// What every call needs.
struct Core {
    links: Links,
    /// None for the server's own.
    clock: Option<Clock>,
    /// None where it is due.
    pruned_at: Mutex<Option<UnixMillis>>,
}

impl PostgresStore {
    /// Opens the database, and brings its schema up to date. `clock` is a test's; without one, the server's clock counts.
    ///
    /// The server must be there, and of version 13 or later. Call it inside a Tokio runtime with time and I/O.
    pub async fn connect(url: &PostgresUrl, clock: Option<Clock>) -> Result<Self, OpenError> {
        let options = url.options();
        schema::prepare(&options).await?;
        let links = Links::new(options, rows::GREETING).await?;
        let core = Arc::new(Core { links, clock, pruned_at: Mutex::default() });
        let (opening, finding) = (Arc::clone(&core), Arc::clone(&core));
        let (opens, first) = Batches::start(move |batch| Box::pin(Arc::clone(&opening).open(batch)));
        let (finds, second) = Batches::start(move |batch| Box::pin(Arc::clone(&finding).find(batch)));
        Ok(Self { core, calls: RwLock::new(Some(Calls { opens, finds })), tasks: Mutex::new(vec![first, second]) })
    }

    /// The secret that is kept in the database, for a server whose operator gives none: made where none is kept yet, with the help of
    /// `if_new`, 32 random bytes. All processes that share the database are answered the same.
    pub async fn kept_secret(&self, if_new: [u8; 32]) -> Result<Secret, StoreError> {
        let rows = self.run(rows::kept_secret(&if_new), Again::Yes).await.map_err(Fault::of_a_change)?;
        rows::secret(&rows).map(Secret::from_bytes).map_err(Fault::of_a_question)
    }

    /// Finishes what is queued, ends the connections, and waits for both. Later calls are answered [`StoreError::Unavailable`].
    pub async fn shutdown(&self) {
        *self.calls.write().unwrap_or_else(PoisonError::into_inner) = None;
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            // One that panicked has ended too.
            let _ = task.await;
        }
        self.core.links.close().await;
    }

    /// Runs it in a task of its own: whoever goes away takes no connection with him.
    async fn run(&self, sql: String, again: Again) -> Result<Vec<PgRow>, Fault> {
        let core = Arc::clone(&self.core);
        tokio::spawn(async move { core.links.run(&sql, again).await }).await.unwrap_or(Err(Fault::Stopped))
    }

    fn calls(&self) -> Result<Calls, Fault> {
        self.calls.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Fault::Stopped)
    }
}

impl Store for PostgresStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(self.core.links.generation())
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        Box::pin(async {
            let asked = async { self.calls()?.opens.ask(session.clone()).await? };
            asked.await.map_err(Fault::of_a_change)
        })
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        Box::pin(async move {
            let asked = async { self.calls()?.finds.ask(id).await? };
            asked.await.map_err(Fault::of_a_question)
        })
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.run(rows::close(id), Again::Yes).await.map(drop).map_err(Fault::of_a_change) })
    }
}

impl Core {
    async fn open(self: Arc<Self>, batch: Vec<NewSession>) -> Result<Vec<Result<Opening, Fault>>, Fault> {
        let mut answers: Vec<_> = batch.iter().map(|new| Err(Fault::NoReason(new.row().id))).collect();
        let mut left: Vec<_> = (0..batch.len()).collect();
        let mut is_forgetful = false;
        for _ in 0..LOOKS {
            let asked: Vec<_> = left.iter().map(|place| &batch[*place]).collect();
            let rows = self.links.run(&rows::open(&asked, self.clock.as_ref()), Again::Yes).await?;
            let mut unseen = Vec::new();
            for (place, row) in left.into_iter().zip(&rows) {
                match rows::verdict(row, &batch[place]).map_err(Fault::of_statement)? {
                    Verdict::Is(opening) => answers[place] = Ok(opening),
                    Verdict::MayBePruned => {
                        answers[place] = Ok(Opening::OtherGeneration);
                        is_forgetful = true;
                    }
                    Verdict::Unseen => unseen.push(place),
                }
            }
            self.prune_now_and_then(rows.first().and_then(rows::told_time));
            left = unseen;
            if left.is_empty() {
                break;
            }
        }
        if is_forgetful {
            let known = self.links.generation();
            self.links.run(&rows::renew(known), Again::Yes).await?;
        }
        if answers.iter().any(|answer| matches!(answer, Ok(Opening::OtherGeneration))) {
            // The database's may be the newer one. Where it cannot be asked now, the next connection asks.
            let _ = self.links.greet().await;
        }
        Ok(answers)
    }

    async fn find(self: Arc<Self>, ids: Vec<SessionId>) -> Result<Vec<Result<Option<SessionRow>, Fault>>, Fault> {
        let rows = self.links.run(&rows::find(&ids, self.clock.as_ref()), Again::Yes).await?;
        Ok(rows::found(&ids, &rows))
    }

    fn prune_now_and_then(self: &Arc<Self>, now: Option<UnixMillis>) {
        let Some(now) = now else { return };
        let mut pruned_at = self.pruned_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |at: UnixMillis| now < at || now.since(at) >= PRUNE_EVERY;
        if pruned_at.is_none_or(is_due) {
            *pruned_at = Some(now);
            let core = Arc::clone(self);
            // Where it fails, the next time will do: nobody depends on what is past.
            tokio::spawn(async move { core.prune().await });
        }
    }

    async fn prune(&self) -> Result<(), Fault> {
        let clock = self.clock.as_ref();
        loop {
            let rows = self.links.run(&rows::prune(clock, PRUNE_LIMIT), Again::Yes).await?;
            if rows::pruned(&rows) < i64::from(PRUNE_LIMIT) {
                break;
            }
        }
        self.links.run(&rows::announce(clock), Again::Yes).await.map(drop)
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
