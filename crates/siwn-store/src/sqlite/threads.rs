//! The threads that talk to SQLite: one that writes, and some that read.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::TransactionBehavior;
use siwn::{StoreError, UnixMillis};
use tokio::sync::watch;

use super::fault::{Failed, Fault};
use super::file::Links;
use super::job::Job;
use super::link::Link;
use super::meta;
use crate::Clock;

/// How many calls may wait, of each kind.
pub(super) const QUEUE: usize = 1024;
/// How many calls share a commit, at most.
pub(super) const BATCH: usize = 64;
/// How often the writer prunes, by the store's clock.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How long the writer waits for calls before it looks whether to prune.
pub(super) const IDLE: Duration = Duration::from_secs(1);
/// How many times sooner it looks while there is more to prune.
const SOONER: u32 = 100;
/// How many rows one transaction prunes, at most. More than a batch adds, so that pruning catches up.
pub(super) const PRUNE_LIMIT: u16 = 128;

type Queued = Box<dyn Job>;

/// Where calls wait. The threads end when this is dropped and what waits is done.
pub(super) struct Queues {
    pub(super) writes: SyncSender<Queued>,
    pub(super) reads: SyncSender<Queued>,
}

/// Starts the threads. The receiver is closed when all of them have ended and the file is closed.
pub(super) fn start(links: Links, clock: &Clock, idle: Duration) -> io::Result<(Queues, watch::Receiver<()>)> {
    let (writes, to_write) = sync_channel(QUEUE);
    let (reads, to_read) = sync_channel(QUEUE);
    let to_read = Arc::new(Mutex::new(to_read));
    let reader = |link| {
        let waiting = Arc::clone(&to_read);
        thread::Builder::new().name("siwn-store-read".into()).spawn(move || read(&waiting, link))
    };
    let readers = links.readers.into_iter().map(reader).collect::<io::Result<Vec<_>>>()?;
    let (running, ended) = watch::channel(());
    let clock = Arc::clone(clock);
    thread::Builder::new().name("siwn-store-write".into()).spawn(move || {
        Writer { link: links.writer, clock, idle, pruned_at: None }.run(&to_write, readers);
        drop(running);
    })?;
    Ok((Queues { writes, reads }, ended))
}

fn read(waiting: &Mutex<Receiver<Queued>>, mut link: Link) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(mut job) = next() {
        if job.is_abandoned() {
            continue;
        }
        let outcome = link.connection().and_then(|connection| job.execute(connection));
        if let Err(error) = &outcome {
            link.give_up_after(error);
        }
        job.answer(outcome.map_err(|error| StoreError::from(Fault::Sqlite(error))));
    }
}

struct Writer {
    link: Link,
    clock: Clock,
    idle: Duration,
    /// None where it is due.
    pruned_at: Option<UnixMillis>,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<Queued>, readers: Vec<JoinHandle<()>>) {
        loop {
            let idle = if self.pruned_at.is_none() { self.idle / SOONER } else { self.idle };
            let first = match waiting.recv_timeout(idle) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let now = (self.clock)();
            if first.is_some() {
                let batch = first.into_iter().chain(waiting.try_iter()).take(BATCH);
                // Whoever went away before it began has spent nothing.
                self.write(batch.filter(|job| !job.is_abandoned()).collect());
            }
            self.prune_now_and_then(now);
        }
        // The last connection that is closed tidies the file up, and only this one can.
        for reader in readers {
            // A reader that panicked has ended too.
            let _ = reader.join();
        }
    }

    /// Does the batch in one transaction, and answers when that is committed, or known to have failed.
    fn write(&mut self, mut batch: Vec<Queued>) {
        let outcome = self.transact(|connection| batch.iter_mut().try_for_each(|job| job.execute(connection)));
        for job in batch {
            job.answer(outcome.as_ref().copied().map_err(Failed::answer));
        }
        if outcome.is_err_and(|failed| failed.is_full()) {
            self.pruned_at = None;
        }
    }

    fn prune_now_and_then(&mut self, now: UnixMillis) {
        let is_due = |at: UnixMillis| now < at || now.since(at) >= PRUNE_EVERY;
        if !self.pruned_at.is_none_or(is_due) {
            return;
        }
        // Where it fails, the next time will do: nobody depends on what is past.
        let pruned = self.transact(|connection| meta::prune(connection, now, PRUNE_LIMIT));
        let is_behind = pruned.is_ok_and(|pruned| pruned == usize::from(PRUNE_LIMIT));
        self.pruned_at = (!is_behind).then_some(now);
    }

    fn transact<T>(&mut self, work: impl FnOnce(&rusqlite::Connection) -> Result<T, rusqlite::Error>) -> Result<T, Failed> {
        let outcome = self.try_transact(work);
        if let Err(failed) = &outcome {
            self.link.give_up_after(failed.error());
        }
        outcome
    }

    fn try_transact<T>(&mut self, work: impl FnOnce(&rusqlite::Connection) -> Result<T, rusqlite::Error>) -> Result<T, Failed> {
        // The write lock comes first: from here to the commit nobody else changes anything.
        let transaction = self.link.connection()?.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        // Dropped on any error before: rolled back.
        transaction.commit().map_err(|error| Failed::AtCommit(Arc::new(error)))?;
        Ok(done)
    }
}
