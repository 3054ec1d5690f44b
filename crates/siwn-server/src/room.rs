//! Room for connections: how many there are at once, and which one gives way where there is no more.
//!
//! A connection waits for its client until a request is there as a whole, and again when the answer is gone. Whoever holds many open and
//! sends nothing, or sends slowly, must not keep others out: the one that has waited longest gives way to the next that comes. A request
//! that is there and not yet answered never does.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// How long a connection is left alone in any case: an honest client sends what it has at once.
const REST: Duration = Duration::from_secs(1);
/// How long to wait where nobody can give way yet.
const BREATH: Duration = Duration::from_millis(20);

/// Room for so many connections.
pub(crate) struct Room {
    places: Arc<Semaphore>,
    line: Mutex<Line>,
}

/// Those that wait for their clients, the one that has waited longest first.
#[derive(Default)]
struct Line {
    last: Turn,
    waiting: BTreeMap<Turn, Waiting>,
}

struct Waiting {
    since: Instant,
    connection: Arc<Connection>,
}

/// A place in the line. Each is given once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Turn(u64);

#[derive(Default)]
struct Connection {
    turn: Mutex<Option<Turn>>,
    leave: Notify,
}

/// A connection's place in the room, until it is dropped.
pub(crate) struct Place {
    seat: Seat,
    _permit: OwnedSemaphorePermit,
}

/// What a connection says of itself.
#[derive(Clone)]
pub(crate) struct Seat {
    room: Arc<Room>,
    connection: Arc<Connection>,
}

impl Room {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(most)), line: Mutex::default() })
    }

    /// A place for a connection that waits for its client, as soon as there is one.
    pub(crate) async fn place(self: &Arc<Self>) -> Place {
        let permit = loop {
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(permit) => break permit,
                Err(_) => self.make_room().await,
            }
        };
        let seat = Seat { room: Arc::clone(self), connection: Arc::default() };
        seat.wait();
        Place { seat, _permit: permit }
    }

    async fn make_room(&self) {
        let longest = {
            let mut line = self.line();
            let rested = line.waiting.first_entry().filter(|first| first.get().since.elapsed() >= REST);
            rested.map(|first| first.remove().connection)
        };
        if let Some(connection) = longest {
            connection.leave.notify_one();
        }
        // Whose place becomes free first is all the same.
        let _ = tokio::time::timeout(BREATH, self.places.acquire()).await;
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Every change is complete before anything could panic.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(crate) fn seat(&self) -> Seat {
        self.seat.clone()
    }

    /// Ends when the connection is to give way.
    pub(crate) async fn leave(&self) {
        self.seat.connection.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seat.work();
    }
}

impl Seat {
    /// The body of a request. The connection waits for its client until it is read, or not wanted.
    pub(crate) fn request(&self, body: Body) -> Body {
        if body.is_end_stream() {
            self.work();
            return body;
        }
        let (seat, turn) = (self.clone(), self.wait());
        Body::new(Watched { body, done: move || seat.work_since(turn) })
    }

    /// The body of an answer. Behind it the connection waits for its client again.
    pub(crate) fn answer(&self, body: Body) -> Body {
        let seat = self.clone();
        Body::new(Watched { body, done: move || _ = seat.wait() })
    }

    fn wait(&self) -> Turn {
        let mut line = self.room.line();
        let mut turn = self.turn();
        turn.take().and_then(|turn| line.waiting.remove(&turn));
        line.last.0 += 1;
        let next = line.last;
        *turn = Some(next);
        line.waiting.insert(next, Waiting { since: Instant::now(), connection: Arc::clone(&self.connection) });
        next
    }

    fn work(&self) {
        let mut line = self.room.line();
        self.turn().take().and_then(|turn| line.waiting.remove(&turn));
    }

    /// Does nothing where the connection has come to wait for something else.
    fn work_since(&self, turn: Turn) {
        let mut line = self.room.line();
        let mut current = self.turn();
        if *current == Some(turn) {
            *current = None;
            line.waiting.remove(&turn);
        }
    }

    fn turn(&self) -> MutexGuard<'_, Option<Turn>> {
        self.connection.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body, and what is to be done when nobody needs it any more.
struct Watched<F: FnMut()> {
    body: Body,
    done: F,
}

impl<F: FnMut() + Unpin> HttpBody for Watched<F> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<F: FnMut()> Drop for Watched<F> {
    fn drop(&mut self) {
        (self.done)();
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    /// A connection that does nothing but give way when it is asked to.
    fn sit(place: Place) -> tokio::task::JoinHandle<()> {
        tokio::spawn(async move { place.leave().await })
    }

    /// How long the next one waits for a place; none where it is more than a minute.
    async fn wait(room: &Arc<Room>) -> Option<Duration> {
        let began = Instant::now();
        tokio::time::timeout(Duration::from_mins(1), room.place()).await.ok().map(|_| began.elapsed())
    }

    fn whole(text: &'static str) -> Body {
        Body::from(text)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_waited_for_a_second_gives_way_the_longest_first() {
        let room = Room::new(2);
        let (first, second) = (sit(room.place().await), sit(room.place().await));
        let waited = wait(&room).await.unwrap();
        assert!((REST..2 * REST).contains(&waited), "{waited:?}");
        assert!(first.is_finished() && !second.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_there_gives_way_when_it_is_answered() {
        let room = Room::new(1);
        let place = room.place().await;
        let seat = place.seat();
        let connection = sit(place);
        let request = seat.request(whole("body"));
        assert!(!request.is_end_stream());
        assert_eq!(to_bytes(request, 4).await.unwrap(), "body");
        assert_eq!(wait(&room).await, None);
        let answer = seat.answer(whole("answer"));
        assert_eq!(HttpBody::size_hint(&answer).exact(), Some(6));
        assert_eq!(wait(&room).await, None);
        drop(answer);
        assert!(wait(&room).await.is_some());
        assert!(connection.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_gives_way_until_it_is_read_and_none_is_read_at_once() {
        let room = Room::new(1);
        let place = room.place().await;
        let seat = place.seat();
        let _connection = sit(place);
        drop(seat.answer(seat.request(Body::empty())));
        drop(seat.request(Body::empty()));
        assert_eq!(wait(&room).await, None);
        let _body = seat.request(whole("slow"));
        assert!(wait(&room).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_dropped_after_the_answer_changes_nothing() {
        let room = Room::new(1);
        let place = room.place().await;
        let seat = place.seat();
        let _connection = sit(place);
        let unread = seat.request(whole("unread"));
        drop(seat.answer(Body::empty()));
        drop(unread);
        assert!(wait(&room).await.is_some(), "it waits for its client");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_gone_is_asked_for_nothing() {
        let room = Room::new(1);
        drop(room.place().await);
        assert!(room.line().waiting.is_empty());
        assert_eq!(wait(&room).await, Some(Duration::ZERO));
    }
}
