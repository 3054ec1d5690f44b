//! What waits goes together: one statement for many calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use siwn::BoxFuture;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::error::Fault;
use super::links::DEADLINE;

/// How many calls may wait.
const QUEUE: usize = 1024;
/// How many calls go together, at most.
pub(super) const BATCH: usize = 64;
/// How many statements of a kind are under way at once: one that the server works on, and one that is on its way.
const UNDER_WAY: usize = 2;

/// Does the work of many calls; answers each, in their order.
type Work<I, O> = Arc<dyn Fn(Vec<I>) -> BoxFuture<'static, Result<Vec<O>, Fault>> + Send + Sync>;

/// Where calls of one kind wait.
pub(super) struct Batches<I, O> {
    queue: mpsc::Sender<Call<I, O>>,
}

struct Call<I, O> {
    item: I,
    begun: Arc<AtomicBool>,
    reply: oneshot::Sender<Result<O, Fault>>,
}

impl<I, O> Clone for Batches<I, O> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static> Batches<I, O> {
    /// Begins to take calls. The task ends after this is dropped and what waits is done.
    pub(super) fn start(
        work: impl Fn(Vec<I>) -> BoxFuture<'static, Result<Vec<O>, Fault>> + Send + Sync + 'static,
    ) -> (Self, JoinHandle<()>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Self { queue }, tokio::spawn(gather(waiting, Arc::new(work))))
    }

    /// Waits with the others. Whoever gives up before his call is begun has changed nothing.
    pub(super) async fn ask(&self, item: I) -> Result<O, Fault> {
        let begun = Arc::new(AtomicBool::new(false));
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Call { item, begun: Arc::clone(&begun), reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Fault::QueueFull,
            mpsc::error::TrySendError::Closed(_) => Fault::Stopped,
        })?;
        match timeout(DEADLINE, answer).await {
            Ok(Ok(answered)) => answered,
            // Whoever is first to claim the call has it.
            _ if claim(&begun) => Err(Fault::Busy),
            _ => Err(Fault::Silent(DEADLINE)),
        }
    }
}

fn claim(begun: &AtomicBool) -> bool {
    !begun.swap(true, Ordering::AcqRel)
}

async fn gather<I: Send + 'static, O: Send + 'static>(mut waiting: mpsc::Receiver<Call<I, O>>, work: Work<I, O>) {
    let under_way = Arc::new(Semaphore::new(UNDER_WAY));
    let mut calls = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut calls, 1).await > 0 {
        let Ok(permit) = Arc::clone(&under_way).acquire_owned().await else { break };
        // While that took its time, others came.
        while calls.len() < BATCH
            && let Ok(call) = waiting.try_recv()
        {
            calls.push(call);
        }
        let batch: Vec<_> = calls.drain(..).filter(|call| !call.reply.is_closed() && claim(&call.begun)).collect();
        let work = Arc::clone(&work);
        tokio::spawn(async move {
            run(batch, &work).await;
            drop(permit);
        });
    }
    // Whoever waits for this task waits for what is under way.
    let _ = under_way.acquire_many(u32::try_from(UNDER_WAY).expect("a handful")).await;
}

async fn run<I, O>(batch: Vec<Call<I, O>>, work: &Work<I, O>) {
    if batch.is_empty() {
        return;
    }
    let (items, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|call| (call.item, call.reply)).unzip();
    // Whoever went away meanwhile needs no answer.
    match work(items).await {
        Ok(answers) => replies.into_iter().zip(answers).for_each(|(reply, answer)| drop(reply.send(Ok(answer)))),
        Err(fault) => replies.into_iter().for_each(|reply| drop(reply.send(Err(fault.clone())))),
    }
}
