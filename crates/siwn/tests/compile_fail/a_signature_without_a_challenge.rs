use siwn::{AccountId, Claim, PublicKey, Signature, SignatureError};

fn check(account: AccountId, key: PublicKey, signature: &Signature) -> Result<Claim, SignatureError> {
    Claim::check_signature(account, key, signature, [])
}

fn main() {}
