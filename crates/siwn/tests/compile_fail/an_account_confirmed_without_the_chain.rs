use siwn::{AccessPolicy, AccountRefusal, Claim, VerifiedAccount};

fn unasked(claim: Claim) -> Result<VerifiedAccount, AccountRefusal> {
    claim.confirm(AccessPolicy::default())
}

fn main() {}
