use siwn::{Asked, NewSession, OwnChallenge, SessionSecret, Signed, Site, UnixMillis};

fn unasked(site: &Site, challenge: &OwnChallenge<'_>, signed: Signed, now: UnixMillis, secret: &SessionSecret) -> NewSession {
    NewSession::new(site, challenge, signed, now, secret)
}

fn unconfirmed(site: &Site, challenge: &OwnChallenge<'_>, asked: Asked, now: UnixMillis, secret: &SessionSecret) -> NewSession {
    NewSession::new(site, challenge, asked, now, secret)
}

fn main() {}
