//! The absolute end, and the end of what is not used.

use std::time::Duration;

use http::StatusCode;
use siwn::UnixMillis;

use crate::support::Server;
use crate::{after, bearer, session};

const HOUR: Duration = Duration::from_hours(1);

fn server() -> Server {
    Server::with(|builder| builder.session_lifetime(3 * HOUR).session_idle(HOUR))
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_before_its_time() {
    let server = server();
    let token = bearer(&server, "alice.near").await;
    server.clock.set(UnixMillis::new(after(HOUR).get() - 1));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "a millisecond before its end");
    let other = bearer(&server, "bob.near").await;
    server.clock.set(UnixMillis::new(after(2 * HOUR).get() - 1));
    assert_eq!(session(&server, ("authorization", &other)).await.status, StatusCode::UNAUTHORIZED, "not used for an hour");
}

#[tokio::test]
async fn use_prolongs_a_session_up_to_its_absolute_end_and_no_further() {
    let server = server();
    let token = bearer(&server, "alice.near").await;
    for minutes in (50..180).step_by(50) {
        server.clock.set(after(Duration::from_mins(minutes)));
        assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "{minutes}");
    }
    server.clock.set(UnixMillis::new(after(3 * HOUR).get() - 1));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK);
    server.clock.set(after(3 * HOUR));
    assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_in_steady_use_does_not_end_as_idle() {
    let server = Server::with(|builder| builder.session_idle(Duration::from_secs(10)));
    let token = bearer(&server, "alice.near").await;
    for tenths in 1..300 {
        server.clock.set(after(Duration::from_millis(900 * tenths)));
        assert_eq!(session(&server, ("authorization", &token)).await.status, StatusCode::OK, "{tenths}");
    }
}
