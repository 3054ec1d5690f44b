use siwn::{AccountId, Block, Funding, PublicKey, VerifiedAccount};

fn forge(account: AccountId, key: PublicKey, block: Block) -> VerifiedAccount {
    VerifiedAccount { account, key: Some(key), funding: Funding::Exists, block }
}

fn main() {}
