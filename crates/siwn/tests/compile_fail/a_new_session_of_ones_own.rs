use siwn::{Generation, NewSession, SessionRow, UnixMillis};

fn forge(row: SessionRow, challenge_expires_at: UnixMillis, generation: Generation) -> NewSession {
    NewSession { row, challenge_expires_at, generation }
}

fn main() {}
