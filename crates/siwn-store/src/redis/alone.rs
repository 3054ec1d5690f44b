//! One server, one connection: calls share it, and one task makes a new one when it breaks.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

use super::deadline::{Deadline, PATIENCE, in_time};
use super::error::Fault;

/// How long it rests between two attempts to connect: at first, and at most.
const REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How many commands wait for the connection, before whoever comes next waits in front of it.
const BUFFER: usize = 1024;

pub(super) struct Alone {
    state: Arc<watch::Sender<State>>,
    connecting: JoinHandle<()>,
}

struct State {
    /// Counts the connections.
    number: u64,
    standing: Standing,
}

enum Standing {
    Connecting,
    Up(MultiplexedConnection),
    /// The last attempt failed; the next one waits.
    Down(RedisError),
    Stopped,
}

impl Alone {
    /// Connects, now and whenever it has to.
    pub(super) fn start(client: Client) -> Self {
        let state = Arc::new(watch::Sender::new(State { number: 0, standing: Standing::Connecting }));
        let connecting = tokio::spawn(keep_connected(client, Arc::clone(&state)));
        Self { state, connecting }
    }

    pub(super) async fn send(&self, command: &Cmd, deadline: Deadline) -> Result<Value, Fault> {
        let (number, mut connection) = self.connection(deadline).await?;
        let answer = in_time(command.query_async(&mut connection), deadline).await;
        if answer.as_ref().is_err_and(breaks_the_connection) {
            self.give_up(number);
        }
        answer
    }

    /// The connection. Where one is being made, waits for it; where that has just failed, does not.
    async fn connection(&self, deadline: Deadline) -> Result<(u64, MultiplexedConnection), Fault> {
        let mut states = self.state.subscribe();
        let known = states.wait_for(|state| !matches!(state.standing, Standing::Connecting));
        let state = timeout_at(deadline.at(), known).await.map_err(|_| Fault::NoConnection(deadline.patience()))?;
        let state = state.map_err(|_| Fault::Stopped)?;
        match &state.standing {
            Standing::Up(connection) => Ok((state.number, connection.clone())),
            Standing::Down(error) => Err(Fault::Down(error.clone())),
            Standing::Connecting | Standing::Stopped => Err(Fault::Stopped),
        }
    }

    /// Has a new connection made, if this is still the one.
    fn give_up(&self, number: u64) {
        self.state.send_if_modified(|state| {
            let is_current = state.number == number && matches!(state.standing, Standing::Up(_));
            if is_current {
                state.standing = Standing::Connecting;
            }
            is_current
        });
    }

    pub(super) async fn reconnected(&self) {
        let number = self.state.borrow().number;
        // Whoever waits is dropped when the store is.
        let _ = self.state.subscribe().wait_for(|state| state.number != number).await;
    }

    pub(super) fn stop(&self) {
        self.connecting.abort();
        self.state.send_modify(|state| state.standing = Standing::Stopped);
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether the connection is of no more use: it is broken, silent, or leads to a server that may not be written to.
fn breaks_the_connection(fault: &Fault) -> bool {
    match fault {
        Fault::Lost(_) => true,
        // Whoever waits for less than a call may take says nothing of the connection that others share.
        Fault::Silent(patience) => *patience >= PATIENCE,
        Fault::No(error) => {
            matches!(
                error.kind(),
                ErrorKind::Server(ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown) | ErrorKind::AuthenticationFailed
            )
        }
        _ => false,
    }
}

/// Answers are waited for as long as each caller likes.
pub(super) fn connection_settings() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(None).set_pipeline_buffer_size(BUFFER)
}

/// One attempt at a time, however many wait; after each failure a longer rest, of a random length, so that not all processes come at once.
async fn keep_connected(client: Client, state: Arc<watch::Sender<State>>) {
    let settings = connection_settings();
    let mut states = state.subscribe();
    loop {
        let mut rest = REST;
        loop {
            match client.get_multiplexed_async_connection_with_config(&settings).await {
                Ok(connection) => {
                    state.send_modify(|state| {
                        state.number += 1;
                        state.standing = Standing::Up(connection);
                    });
                    break;
                }
                Err(error) => state.send_modify(|state| state.standing = Standing::Down(error)),
            }
            tokio::time::sleep(jittered(rest)).await;
            rest = LONGEST_REST.min(rest * 2);
        }
        // Whoever has both ends of a channel is never left alone in it.
        let _ = states.wait_for(|state| matches!(state.standing, Standing::Connecting)).await;
    }
}

/// Between half of it and all of it.
fn jittered(rest: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness, all of it.
    let share = getrandom::fill(&mut byte).map_or(255, |()| u32::from(byte[0]));
    rest / 2 + rest * share / 510
}
