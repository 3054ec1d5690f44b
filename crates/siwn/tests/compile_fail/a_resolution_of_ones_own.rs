use siwn::{AccountRefusal, Authorized, Resolved};

fn forge(resolved: Resolved, outcome: Result<Authorized, AccountRefusal>) -> Resolved {
    Resolved { outcome, ..resolved }
}

fn main() {}
