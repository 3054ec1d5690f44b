//! Connections: few, made when they are needed, made anew after a fault, and never all at once by everybody.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use siwn::Generation;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

use super::error::Fault;
use super::meta;

/// How many connections a process holds, at most. Ten processes stay below a server's default of a hundred.
pub(super) const CONNECTIONS: usize = 6;
/// How long a call may take, with all that it waits for.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);
/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);
/// How long nobody tries again after a connection could not be made: at first, and at most.
const REST: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// The connections to one database.
pub(super) struct Links {
    options: PgConnectOptions,
    /// What is said first on every new connection.
    greeting: &'static str,
    /// As the last greeting was answered.
    generation: RwLock<Generation>,
    permits: Semaphore,
    idle: Mutex<Vec<PgConnection>>,
    rest: Mutex<Rest>,
}

/// Since when the server is out of reach.
struct Rest {
    until: Instant,
    /// None while all is well.
    last: Option<Duration>,
}

/// Whether a statement may be sent again when its answer was lost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It changes nothing the second time, and is answered as it was the first time.
    Yes,
    No,
}

impl Links {
    /// To a database. `greeting` goes before everything else on each new connection; the generation is its answer.
    pub(super) async fn new(options: PgConnectOptions, greeting: &'static str) -> Result<Self, Fault> {
        let links = Self {
            options,
            greeting,
            generation: RwLock::new(Generation::from_bytes([0; 16])),
            permits: Semaphore::new(CONNECTIONS),
            idle: Mutex::default(),
            rest: Mutex::new(Rest { until: Instant::now(), last: None }),
        };
        let first = links.connect(Instant::now() + DEADLINE).await?;
        links.idle().push(first);
        Ok(links)
    }

    /// The store's generation, as it was last heard.
    pub(super) fn generation(&self) -> Generation {
        *self.generation.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the generation.
    pub(super) async fn greet(&self) -> Result<(), Fault> {
        let rows = self.run(self.greeting, Again::Yes).await?;
        self.hear(&rows).map_err(Fault::of_statement)
    }

    fn hear(&self, rows: &[PgRow]) -> Result<(), sqlx::Error> {
        let heard = meta::generation(rows)?;
        *self.generation.write().unwrap_or_else(PoisonError::into_inner) = heard;
        Ok(())
    }

    /// Runs statements in one transaction, in one message; answers the rows of all of them.
    ///
    /// Whoever drops the future drops the connection with it, so it is run in a task of its own.
    pub(super) async fn run(&self, sql: &str, again: Again) -> Result<Vec<PgRow>, Fault> {
        self.run_for(sql, again, DEADLINE).await
    }

    /// The same, for another time than the usual one.
    pub(super) async fn run_for(&self, sql: &str, again: Again, at_most: Duration) -> Result<Vec<PgRow>, Fault> {
        let deadline = Instant::now() + at_most;
        let permit = self.permit(deadline).await?;
        // Less than the call has, so that the server says that it gave up. Compiling a statement would take longer than running it.
        let sql = format!("SET LOCAL statement_timeout = {}; SET LOCAL jit = off; {sql}", (at_most * 3 / 4).as_millis());
        let lost = match self.idle_one(again, deadline).await {
            None => None,
            Some(connection) => match self.run_on(connection, &sql, deadline).await {
                // The server may have gone away and come back since, and others are as old.
                Err(fault) if again == Again::Yes && fault.may_be_of_age() => {
                    self.idle().clear();
                    Some(fault)
                }
                ran => return ran,
            },
        };
        let ran = match self.connect(deadline).await {
            Ok(connection) => self.run_on(connection, &sql, deadline).await,
            Err(fault) => Err(fault),
        };
        drop(permit);
        match (ran, lost) {
            // The second time was not even begun: what is open stays open.
            (Err(fault), Some(lost)) if !fault.leaves_it_open() && lost.leaves_it_open() => Err(lost),
            (ran, _) => ran,
        }
    }

    /// A connection from before; one that answers, where the statement may be sent only once.
    async fn idle_one(&self, again: Again, deadline: Instant) -> Option<PgConnection> {
        loop {
            let mut connection = self.idle().pop()?;
            if again == Again::Yes || matches!(timeout_at(deadline, connection.ping()).await, Ok(Ok(()))) {
                return Some(connection);
            }
        }
    }

    async fn permit(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, Fault> {
        match timeout_at(deadline, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Fault::Stopped),
            Err(_) => Err(Fault::Busy),
        }
    }

    /// Runs it, and keeps the connection where that is as good as before.
    async fn run_on(&self, mut connection: PgConnection, sql: &str, deadline: Instant) -> Result<Vec<PgRow>, Fault> {
        let ran = match timeout_at(deadline, say(&mut connection, sql)).await {
            Ok(ran) => ran.map_err(Fault::of_statement),
            Err(_) => Err(Fault::Silent(DEADLINE)),
        };
        if ran.as_ref().err().is_none_or(Fault::spares_the_connection) {
            self.idle().push(connection);
        }
        ran
    }

    async fn connect(&self, deadline: Instant) -> Result<PgConnection, Fault> {
        if Instant::now() < self.rest().until {
            return Err(Fault::Resting);
        }
        let connected = self.try_connect(deadline).await;
        let mut rest = self.rest();
        match connected {
            Ok(connection) => {
                rest.last = None;
                Ok(connection)
            }
            Err(fault) => {
                let next = rest.last.map_or(REST.0, |last| (last * 2).min(REST.1));
                *rest = Rest { until: Instant::now() + next, last: Some(next) };
                Err(fault)
            }
        }
    }

    async fn try_connect(&self, deadline: Instant) -> Result<PgConnection, Fault> {
        let connecting = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            self.hear(&say(&mut connection, self.greeting).await?)?;
            Ok(connection)
        };
        match timeout_at(deadline, timeout(CONNECT, connecting)).await {
            Ok(Ok(connected)) => connected.map_err(Fault::of_connecting),
            _ => Err(Fault::NoConnection(CONNECT)),
        }
    }

    /// Ends all connections, once nobody uses them any more. Later calls are refused.
    pub(super) async fn close(&self) {
        let all = u32::try_from(CONNECTIONS).expect("a handful");
        // Whoever runs gives his permit back within the deadline.
        let _ = self.permits.acquire_many(all).await;
        self.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            let _ = timeout(CONNECT, connection.close()).await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says it in one message.
pub(super) async fn say(connection: &mut PgConnection, sql: &str) -> Result<Vec<PgRow>, sqlx::Error> {
    // What is put together here holds constants of this crate and digits.
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await
}
