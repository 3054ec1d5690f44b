use siwn::{Generation, Issue, Nonce, OwnChallenge, UnixMillis};

fn forge(nonce: Nonce, issue: &Issue, expires_at: UnixMillis, generation: Generation) -> OwnChallenge<'_> {
    OwnChallenge { nonce, issue, expires_at, generation }
}

fn main() {}
