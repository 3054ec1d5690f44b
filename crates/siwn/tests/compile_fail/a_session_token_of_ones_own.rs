use siwn::{Session, SessionId, SessionSecret, SessionToken, SignedIn};

fn forge(id: SessionId, secret: SessionSecret, session: Session) -> SignedIn {
    SignedIn { session, token: SessionToken::new(id, secret) }
}

fn main() {}
