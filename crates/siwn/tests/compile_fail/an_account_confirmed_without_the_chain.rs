use siwn::{AccessPolicy, AccountRefusal, Signed, VerifiedAccount};

fn unasked(signed: Signed) -> Result<VerifiedAccount, AccountRefusal> {
    signed.confirm(AccessPolicy::default())
}

fn main() {}
