use siwn::PayloadHash;

fn forge(transaction: [u8; 32]) -> PayloadHash {
    PayloadHash(transaction)
}

fn main() {}
