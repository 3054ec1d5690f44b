//! `siwn sign`

use std::time::Duration;

use siwn::{
    AccessKeyAuthorization, ChainId, KeySigner, MAX_TOKEN_LENGTH, Nonce, OffchainMessage, ResolutionLimits, Timestamp,
    TokenRequest, UnixMillis,
};

use crate::arguments::Sign;
use crate::failure::Failure;
use crate::{input, nodes, output};

/// How far the clock that signs may be ahead of the blocks (NEP-641, on timestamps).
const SIGNED_BEFORE: Duration = Duration::from_mins(1);
const NANOS_OF_A_MILLISECOND: u64 = 1_000_000;

pub(crate) fn run(arguments: Sign) -> Result<(), Failure> {
    let message = String::from_utf8(input::argument_or_stdin(&arguments.message, Failure::unknown)?)
        .map_err(|_| Failure::unknown("the message is not UTF-8").hint("NEP-413 signs texts"))?;
    if arguments.account.is_system() {
        return Err(Failure::unknown("nobody signs for the account \"system\"").hint("name the account that the key belongs to"));
    }
    match arguments.recipient.clone() {
        Some(recipient) => token(arguments, message, recipient),
        None => authorization(arguments, message),
    }
}

fn token(arguments: Sign, message: String, recipient: String) -> Result<(), Failure> {
    let key = arguments.key.read()?;
    let nonce = match arguments.nonce {
        Some(nonce) => nonce,
        None => Nonce::timestamp(input::now(), input::random()?),
    };
    let request = TokenRequest { message, recipient, nonce, callback_url: arguments.callback_url, state: arguments.state };
    let answer = KeySigner::new(arguments.account, key).sign(request.payload());
    let token = request.into_token(answer).map_err(Failure::unknown)?;
    let text = token.encode();
    fits("token", &text, MAX_TOKEN_LENGTH)?;
    output::line(&text)
}

fn authorization(arguments: Sign, payload: String) -> Result<(), Failure> {
    let key = arguments.key.read()?;
    let network = nodes::network(arguments.network.as_deref())?;
    let message = OffchainMessage {
        chain_id: ChainId::new(network.chain_id()),
        signer_id: arguments.account,
        path: arguments.path,
        timestamp: arguments.timestamp.unwrap_or_else(|| before(input::now())),
        payload,
    };
    let text = AccessKeyAuthorization::sign(message, arguments.callback_url, &key).to_string();
    fits("authorization", &text, ResolutionLimits::default().authorization_length())?;
    output::json_text(&text)
}

/// The time to sign with, at `now`.
pub(super) fn before(now: UnixMillis) -> Timestamp {
    let early = now.get().saturating_sub(u64::try_from(SIGNED_BEFORE.as_millis()).unwrap_or(u64::MAX));
    Timestamp::from_unix_nanos(early.saturating_mul(NANOS_OF_A_MILLISECOND))
}

fn fits(what: &str, text: &str, most: usize) -> Result<(), Failure> {
    if text.len() <= most {
        return Ok(());
    }
    Err(Failure::unknown(format!("the {what} would have {} characters, at most {most} are read", text.len()))
        .hint("sign a shorter message"))
}
