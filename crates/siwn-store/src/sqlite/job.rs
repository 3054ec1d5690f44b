//! What waits in a queue: something to do on a connection, and somebody to answer.

use rusqlite::Connection;
use siwn::StoreError;
use tokio::sync::oneshot;

use super::fault::Fault;

/// Work that keeps its result to itself until it is known whether it lasts.
pub(super) trait Job: Send {
    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;
    /// Does the work. An error of SQLite ends the transaction for all; any other is this job's own.
    fn execute(&mut self, connection: &Connection) -> Result<(), rusqlite::Error>;
    /// Answers: with the result where all went well, with the error where not.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Pending<W, T> {
    work: W,
    done: Option<Result<T, Fault>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

/// A job, and where its answer arrives.
pub(super) fn job<T: Send + 'static>(
    work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
) -> (Box<dyn Job>, oneshot::Receiver<Result<T, StoreError>>) {
    let (reply, answer) = oneshot::channel();
    (Box::new(Pending { work, done: None, reply }), answer)
}

impl<W: FnMut(&Connection) -> Result<T, Fault> + Send, T: Send> Job for Pending<W, T> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn execute(&mut self, connection: &Connection) -> Result<(), rusqlite::Error> {
        match (self.work)(connection) {
            Err(Fault::Sqlite(error)) => return Err(error),
            done => self.done = Some(done),
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let answer = match (outcome, self.done) {
            (Ok(()), Some(done)) => done.map_err(StoreError::from),
            (Ok(()), None) => Err(StoreError::from(Fault::Stopped)),
            (Err(error), _) => Err(error),
        };
        // Whoever went away meanwhile needs no answer.
        let _ = self.reply.send(answer);
    }
}
