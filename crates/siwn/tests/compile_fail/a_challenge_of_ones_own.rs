use siwn::{Generation, Issue, Nonce, OwnChallenge, UnixMillis};

fn forge(nonce: Nonce, issue: std::sync::Arc<Issue>, expires_at: UnixMillis, generation: Generation) -> OwnChallenge {
    OwnChallenge { nonce, issue, expires_at, generation }
}

fn main() {}
