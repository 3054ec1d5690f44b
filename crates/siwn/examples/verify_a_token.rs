//! A program that verifies a token of near-sign-verify by the time in its nonce.

use std::time::{Duration, SystemTime};

use siwn::{NonceRule, Policy};

fn signed_by(token: &str) -> Result<String, Box<dyn std::error::Error>> {
    let policy = Policy::new("app.example", NonceRule::timestamp(Duration::from_mins(5)));
    let signed = policy.check(token.parse()?, SystemTime::now().into())?;
    // Whether the key is the account's, the chain knows: `signed.confirm(&chain, AccessPolicy::default()).await`
    Ok(signed.token().account().to_string())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = std::env::args().nth(1).ok_or("name a token")?;
    println!("{}", signed_by(&token)?);
    Ok(())
}
