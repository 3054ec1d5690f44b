//! SQLite: one file, one writer thread, group commit.
//!
//! A login is on disk before it is answered (WAL, `synchronous=FULL`). The writer takes whatever waits, writes it in one transaction and
//! answers when that is committed, so that many logins share one `fsync`. Look-ups run beside it, on connections that only read.
//!
//! Any number of processes may share one file on one machine; it must not lie on a network file system. A backup that is put back brings
//! spent challenges and ended sessions to life. Another generation ends the challenges, before the first start on the file:
//!
//! ```sql
//! UPDATE meta SET generation = randomblob(16), pruned_until = 0;
//! ```
//!
//! A backup is made while the store is in use with SQLite's own `.backup` or `VACUUM INTO`; the file without its log is none.
//!
//! The store does the same by itself where the machine's clock goes back behind what was pruned.

mod accounts;
mod error;
mod examine;
mod fault;
mod file;
mod job;
mod keys;
mod link;
mod meta;
mod opening;
mod rows;
#[cfg(test)]
mod tests;
mod threads;

use std::io;
use std::path::Path;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal, SealedKeys, SessionId,
    SessionRow, Store, StoreError,
};
use tokio::sync::watch;

pub use self::error::OpenError;
pub use self::examine::FileReport;
use self::fault::Fault;
use self::job::Job;
use self::threads::Queues;
use crate::{Clock, KeptSecrets};

/// Whether others than its owner may do something with a file. The server's secret may lie in it.
///
/// # Errors
///
/// Where nobody can tell: the file is not there, or not to be looked at.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        Ok(std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path)?) & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(path).map(|_| false)
    }
}

/// Sessions in one SQLite file.
///
/// Calls wait in queues of bounded length; where one is full, the answer is [`StoreError::Unavailable`] at once. Whoever stops waiting
/// before his login is begun has spent nothing. Dropping the store ends its threads after what is queued; [`SqliteStore::shutdown`]
/// also waits for that.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use siwn_store::SqliteStore;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("siwn.db");
/// let store = SqliteStore::open(&path)?;
/// store.shutdown().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SqliteStore {
    clock: Clock,
    generation: Arc<RwLock<Generation>>,
    /// None once the store is shut down.
    queues: RwLock<Option<Queues>>,
    /// Closed when the last thread has ended.
    ended: watch::Receiver<()>,
}

impl SqliteStore {
    /// Opens the file at `path`, and makes it where there is none: readable by its owner only. Goes by the machine's clock. An older file
    /// is brought up to date.
    ///
    /// Blocks, for a few milliseconds as a rule; up to ten seconds where another process holds the file.
    ///
    /// # Errors
    ///
    /// Where the file is none of ours or of a later version, or cannot be used; it is left as it is then.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| OpenError::Random(error.into()))?;
        Self::open_file(path.as_ref(), Generation::from_bytes(random), Arc::new(|| SystemTime::now().into()))
    }

    /// Opens the file at `path`, and makes it where there is none: readable by its owner only, with `generation_if_new` as its
    /// generation, 16 random bytes. An older file is brought up to date. Blocks like [`open`](Self::open), and fails like it.
    pub fn open_file(path: &Path, generation_if_new: Generation, clock: Clock) -> Result<Self, OpenError> {
        Self::open_idling(path, generation_if_new, clock, threads::IDLE)
    }

    fn open_idling(path: &Path, generation_if_new: Generation, clock: Clock, idle: Duration) -> Result<Self, OpenError> {
        let (file, generation) = file::open(path, generation_if_new)?;
        let (queues, ended) = threads::start(file, &clock, idle).map_err(OpenError::Thread)?;
        Ok(Self { clock, generation: Arc::new(RwLock::new(generation)), queues: RwLock::new(Some(queues)), ended })
    }

    /// Finishes what is queued, closes the file, and waits for both. Later calls are answered [`StoreError::Unavailable`].
    pub async fn shutdown(&self) {
        *self.queues.write().unwrap_or_else(PoisonError::into_inner) = None;
        let mut ended = self.ended.clone();
        // Nothing is ever sent: this waits for the threads to drop the sender.
        while ended.changed().await.is_ok() {}
    }

    /// Does `work` in the writer's next transaction; answers when that is committed.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answer) = job::job(work);
        self.queue(|queues| &queues.writes, job)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown(Box::new(Fault::Stopped))))
    }

    /// Does `work` on a connection that only reads.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answer) = job::job(work);
        self.queue(|queues| &queues.reads, job)?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable(Box::new(Fault::Stopped))))
    }

    fn queue(&self, which: impl Fn(&Queues) -> &SyncSender<Box<dyn Job>>, job: Box<dyn Job>) -> Result<(), StoreError> {
        let queues = self.queues.read().unwrap_or_else(PoisonError::into_inner);
        let queues = queues.as_ref().ok_or(Fault::Stopped)?;
        Ok(which(queues).try_send(job).map_err(Fault::from)?)
    }
}

impl Store for SqliteStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(*self.generation.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        let (session, clock, known) = (session.clone(), Arc::clone(&self.clock), Arc::clone(&self.generation));
        Box::pin(self.write(move |connection| {
            let opening = opening::open(connection, &session, clock())?;
            if opening == Opening::OtherGeneration {
                // The file's may be the newer one: others share it.
                *known.write().unwrap_or_else(PoisonError::into_inner) = meta::generation(connection)?;
            }
            Ok(opening)
        }))
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        let clock = Arc::clone(&self.clock);
        Box::pin(self.read(move |connection| rows::find(connection, id, clock())))
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        let clock = Arc::clone(&self.clock);
        Box::pin(self.write(move |connection| rows::renew(connection, id, renewal, clock())))
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write(move |connection| rows::close(connection, id)))
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        let (account, clock) = (account.clone(), Arc::clone(&self.clock));
        Box::pin(self.read(move |connection| accounts::sessions(connection, &account, clock())))
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (account, recipient, clock) = (account.clone(), recipient.cloned(), Arc::clone(&self.clock));
        Box::pin(self.write(move |connection| accounts::close_all(connection, &account, recipient.as_ref(), spared, clock())))
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        let (account, clock) = (account.clone(), Arc::clone(&self.clock));
        Box::pin(self.write(move |connection| accounts::block(connection, &account, clock())))
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        let account = account.clone();
        Box::pin(self.write(move |connection| accounts::unblock(connection, &account)))
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        let account = account.clone();
        Box::pin(self.read(move |connection| Ok(accounts::is_blocked(connection, &account)?)))
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        let (account, handle) = (account.clone(), key.handle());
        Box::pin(self.read(move |connection| keys::recall(connection, &account, &handle)))
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        let (account, handle) = (account.clone(), key.handle());
        Box::pin(async move {
            let (asked, named) = (account.clone(), handle.clone());
            // The usual case costs no commit.
            if self.read(move |connection| keys::is_last_used(connection, &asked, &named)).await? {
                return Ok(KeyMemory::Known);
            }
            self.write(move |connection| keys::remember(connection, &account, &handle)).await
        })
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        Box::pin(self.read(meta::signing_keys))
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let (old, new) = (old.cloned(), new.clone());
        Box::pin(self.write(move |connection| meta::replace_signing_keys(connection, old.as_ref(), &new)))
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        let clock = Arc::clone(&self.clock);
        Box::pin(self.read(move |connection| accounts::counts(connection, clock())))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(self.write(meta::check))
    }
}

impl KeptSecrets for SqliteStore {
    fn kept_secrets<'a>(&'a self, if_new: &'a str) -> BoxFuture<'a, Result<String, StoreError>> {
        let if_new = if_new.to_owned();
        Box::pin(self.write(move |connection| meta::kept_secrets(connection, &if_new)))
    }

    fn replace_secrets<'a>(&'a self, old: &'a str, new: &'a str) -> BoxFuture<'a, Result<bool, StoreError>> {
        let (old, new) = (old.to_owned(), new.to_owned());
        Box::pin(self.write(move |connection| meta::replace_secrets(connection, &old, &new)))
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").finish_non_exhaustive()
    }
}
