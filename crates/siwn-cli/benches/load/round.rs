//! One server, measured once: fresh, warmed up, and then for some seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use siwn_devnet::Devnet;
use tokio::task::JoinSet;

use crate::Failure;
use crate::client::Connection;
use crate::people::{People, Visitors};
use crate::process::{Node, Processors, Program, Server};

const WARM_UP: Duration = Duration::from_millis(500);

/// What all rounds have in common.
pub(crate) struct Round<'a> {
    pub(crate) devnet: &'a Devnet,
    pub(crate) node: Node,
    pub(crate) people: &'a Arc<People>,
    pub(crate) processors: Processors,
    pub(crate) users: u16,
    pub(crate) seconds: Duration,
}

/// What a round found.
pub(crate) struct Measured {
    /// From the first request of a login to its last answer, ascending.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) failures: Vec<String>,
    pub(crate) took: Duration,
    pub(crate) processor_time: Duration,
    /// That of the store's server.
    pub(crate) of_store: Duration,
    /// MiB before the first login and after the last.
    pub(crate) memory: (f64, f64),
    /// Calls that reached the node.
    pub(crate) calls: u64,
}

/// One of those who sign in at the same time.
struct User {
    number: usize,
    connection: Connection,
    /// Where there is one from the start.
    session: Option<String>,
    latencies: Vec<Duration>,
    failure: Option<String>,
}

/// Whose turn it is.
struct Queue {
    people: Arc<People>,
    next: AtomicUsize,
    visitors: Visitors,
}

impl Round<'_> {
    pub(crate) async fn measure(&self, program: Program, visitors: Visitors) -> Result<Measured, Failure> {
        let server = Server::start(program, self.processors, &self.node).await?;
        let memory_before = server.memory()?;
        let queue = Arc::new(Queue { people: Arc::clone(self.people), next: AtomicUsize::new(0), visitors });
        let mut users = Vec::new();
        for number in 0..usize::from(self.users) {
            let mut connection = server.connect().await?;
            let session = match visitors {
                Visitors::Proxied => Some(connection.open_session(self.people.person(number)).await?),
                Visitors::New | Visitors::Returning => None,
            };
            users.push(User { number, connection, session, latencies: Vec::new(), failure: None });
        }

        let mut users = together(users, &queue, WARM_UP).await?;
        for user in &mut users {
            user.latencies.clear();
        }
        self.devnet.forget_requests();
        let (began, (before, of_store_before)) = (Instant::now(), server.processor_time()?);
        let users = together(users, &queue, self.seconds).await?;
        let (took, (after, of_store_after)) = (began.elapsed(), server.processor_time()?);

        let failures = users.iter().filter_map(|user| user.failure.clone()).collect();
        let mut latencies: Vec<_> = users.into_iter().flat_map(|user| user.latencies).collect();
        latencies.sort_unstable();
        Ok(Measured {
            latencies,
            failures,
            took,
            processor_time: after.saturating_sub(before),
            of_store: of_store_after.saturating_sub(of_store_before),
            memory: (memory_before, server.memory()?),
            calls: self.devnet.requests().total(),
        })
    }
}

/// Lets all users sign in again and again.
async fn together(users: Vec<User>, queue: &Arc<Queue>, time: Duration) -> Result<Vec<User>, Failure> {
    let until = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for mut user in users {
        let queue = Arc::clone(queue);
        tasks.spawn(async move {
            user.log_in_until(until, &queue).await;
            user
        });
    }
    let mut users = Vec::new();
    while let Some(user) = tasks.join_next().await {
        users.push(user?);
    }
    Ok(users)
}

impl User {
    /// Signs in, or is asked about, until the time is over, the queue is empty, or one of them fails.
    async fn log_in_until(&mut self, until: Instant, queue: &Queue) {
        while self.failure.is_none()
            && let began = Instant::now()
            && began < until
            && let Some(person) = queue.next_for(self.number)
        {
            let done = match &self.session {
                Some(token) => self.connection.forward(token).await,
                None => self.connection.log_in(queue.people.person(person)).await,
            };
            match done {
                Ok(()) => self.latencies.push(began.elapsed()),
                Err(failure) => self.failure = Some(failure.to_string()),
            }
        }
    }
}

impl Queue {
    fn next_for(&self, user: usize) -> Option<usize> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        let person = match self.visitors {
            Visitors::New => next,
            Visitors::Returning | Visitors::Proxied => user,
        };
        (next < self.people.count() || self.visitors == Visitors::Proxied).then_some(person)
    }
}
