use siwn::{AccessPolicy, AccountRefusal, Signed, Standing, VerifiedAccount};

fn unasked(signed: Signed) -> Result<VerifiedAccount, AccountRefusal> {
    signed.confirm(AccessPolicy::default())
}

fn with_an_answer_of_ones_own(signed: Signed, standing: Standing) -> Result<VerifiedAccount, AccountRefusal> {
    siwn::Asked { signed, standing }.confirm(AccessPolicy::default())
}

fn main() {}
