use siwn::{AccountId, PublicKey, Signed};

fn forge(account: AccountId, key: PublicKey) -> Signed {
    Signed { account, key }
}

fn main() {}
