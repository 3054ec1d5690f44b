use siwn::{AccountId, PublicKey, Signature, SignatureError, Signed};

fn check(account: AccountId, key: PublicKey, signature: &Signature) -> Result<Signed, SignatureError> {
    Signed::check(account, key, signature, [])
}

fn main() {}
