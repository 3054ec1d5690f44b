use siwn::{Session, SessionId, SessionSecret, SessionToken, OpenedSession};

fn forge(id: SessionId, secret: SessionSecret, session: Session) -> OpenedSession {
    OpenedSession { session, token: SessionToken::new(id, secret) }
}

fn main() {}
