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

mod accounts;
mod batch;
mod core;
mod error;
mod examine;
mod expression;
mod keys;
mod links;
mod literal;
mod meta;
mod rows;
mod schema;
mod sealed;
mod url;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal, SealedKeys, SessionId,
    SessionRow, Store, StoreError,
};
use sqlx::postgres::PgRow;
use tokio::task::JoinHandle;

use self::batch::Batches;
use self::core::{Core, recalled};
use self::error::Fault;
pub use self::error::OpenError;
pub use self::examine::DatabaseReport;
use self::keys::Pair;
use self::links::{Again, DEADLINE, Links};
pub use self::url::{PostgresUrl, PostgresUrlError};
use crate::{Clock, KeptSecrets};

/// How long counting may take.
const COUNTING: Duration = Duration::from_secs(30);

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
    keys: Batches<Pair, Result<KeyMemory, Fault>>,
}

impl PostgresStore {
    /// Opens the database, and brings its schema up to date. `clock` is a test's; without one, the server's clock counts.
    ///
    /// The server must be there, and of version 13 or later. Call it inside a Tokio runtime with time and I/O.
    pub async fn connect(url: &PostgresUrl, clock: Option<Clock>) -> Result<Self, OpenError> {
        let options = url.options();
        schema::prepare(&options).await?;
        let links = Links::new(options, meta::GREETING).await?;
        let core = Arc::new(Core::new(links, clock));
        let (opening, finding, remembering) = (Arc::clone(&core), Arc::clone(&core), Arc::clone(&core));
        let (opens, first) = Batches::start(move |batch| Box::pin(Arc::clone(&opening).open(batch)));
        let (finds, second) = Batches::start(move |batch| Box::pin(Arc::clone(&finding).find(batch)));
        let (keys, third) = Batches::start(move |batch| Box::pin(Arc::clone(&remembering).remember(batch)));
        let calls = Calls { opens, finds, keys };
        Ok(Self { core, calls: RwLock::new(Some(calls)), tasks: Mutex::new(vec![first, second, third]) })
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
    fn run(&self, sql: String, again: Again) -> impl Future<Output = Result<Vec<PgRow>, Fault>> + Send + use<> {
        self.run_for(sql, again, DEADLINE)
    }

    fn run_for(
        &self,
        sql: String,
        again: Again,
        at_most: Duration,
    ) -> impl Future<Output = Result<Vec<PgRow>, Fault>> + Send + use<> {
        let core = Arc::clone(&self.core);
        async move {
            let running = tokio::spawn(async move { core.links.run_for(&sql, again, at_most).await });
            running.await.unwrap_or(Err(Fault::Stopped))
        }
    }

    fn change(&self, sql: String) -> BoxFuture<'static, Result<(), StoreError>> {
        let run = self.run(sql, Again::Yes);
        Box::pin(async { run.await.map(drop).map_err(Fault::of_a_change) })
    }

    fn clock(&self) -> Option<&Clock> {
        self.core.clock.as_ref()
    }

    fn calls(&self) -> Result<Calls, Fault> {
        self.calls.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Fault::Stopped)
    }
}

/// Where a single new secret is given, the server makes its own of it and of random bytes.
impl KeptSecrets for PostgresStore {
    fn kept_secrets<'a>(&'a self, if_new: &'a str) -> BoxFuture<'a, Result<String, StoreError>> {
        let run = self.run(meta::kept_secrets(if_new), Again::Yes);
        Box::pin(async move {
            let rows = run.await.map_err(Fault::of_a_change)?;
            meta::secrets(&rows).map_err(Fault::of_a_question)
        })
    }

    fn replace_secrets<'a>(&'a self, old: &'a str, new: &'a str) -> BoxFuture<'a, Result<bool, StoreError>> {
        let run = self.run(meta::replace_secrets(old, new), Again::Yes);
        Box::pin(async move { run.await.map(|rows| !rows.is_empty()).map_err(Fault::of_a_change) })
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

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(rows::renew(id, renewal, self.clock()))
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.change(rows::close(id))
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        let rows = self.run(accounts::sessions(account, self.clock()), Again::Yes);
        Box::pin(async { rows.await.and_then(|rows| rows.iter().map(rows::read).collect()).map_err(Fault::of_a_question) })
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(accounts::close_all(account, recipient, spared, self.clock()))
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(accounts::block(account, self.clock()))
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.change(accounts::unblock(account))
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        let rows = self.run(accounts::is_blocked(account), Again::Yes);
        Box::pin(async { rows.await.map(|rows| !rows.is_empty()).map_err(Fault::of_a_question) })
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        let rows = self.run(keys::recall(&[&Pair::new(account, key)]), Again::Yes);
        Box::pin(async {
            let recalled = rows.await.and_then(|rows| recalled(rows.first()));
            recalled.map(|recalled| recalled.memory).map_err(Fault::of_a_question)
        })
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(async {
            let asked = async { self.calls()?.keys.ask(Pair::new(account, key)).await? };
            asked.await.map_err(Fault::of_a_change)
        })
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        let rows = self.run(meta::SIGNING_KEYS.into(), Again::Yes);
        Box::pin(async { rows.await.and_then(|rows| meta::signing_keys(&rows)).map_err(Fault::of_a_question) })
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let run = self.run(meta::replace_signing_keys(old, new), Again::Yes);
        Box::pin(async { run.await.map(|rows| !rows.is_empty()).map_err(Fault::of_a_change) })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        let rows = self.run_for(accounts::count(self.clock()), Again::Yes, COUNTING);
        Box::pin(async { rows.await.map(|rows| accounts::counts(&rows)).map_err(Fault::of_a_question) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            let rows = self.run(meta::check(self.clock()), Again::Yes).await.map_err(Fault::of_a_change)?;
            // Where nobody signs in, this is what comes by.
            self.core.prune_now_and_then(rows.first().and_then(rows::told_time));
            Ok(())
        })
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}
