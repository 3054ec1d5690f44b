//! A program that verifies a token and does nothing else: what an application takes on that needs only that.
//!
//! `verify-only TOKEN RECIPIENT` prints the account and the key, and ends with 0; with 1 where the token is refused.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use siwn::{AuthToken, NonceRule, Policy};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(token), Some(recipient), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: verify-only TOKEN RECIPIENT");
        return ExitCode::from(2);
    };
    match verdict(&token, &recipient) {
        Ok(signer) => {
            println!("{signer}");
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("error: {refusal}");
            ExitCode::FAILURE
        }
    }
}

fn verdict(token: &str, recipient: &str) -> Result<String, Box<dyn std::error::Error>> {
    let policy = Policy::new(recipient, NonceRule::timestamp(Duration::from_mins(5)));
    let signed = policy.check(token.parse::<AuthToken>()?, SystemTime::now().into())?;
    Ok(format!("{} {}", signed.token().account(), signed.token().public_key()))
}
