use siwn::{Claim, Resolution};

fn forge(resolution: Resolution) -> Claim {
    Claim::to_resolve(resolution)
}

fn main() {}
