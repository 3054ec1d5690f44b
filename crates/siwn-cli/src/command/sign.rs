//! `siwn sign`

use siwn::{KeySigner, MAX_TOKEN_LENGTH, Nonce, TokenRequest};

use crate::arguments::Sign;
use crate::failure::Failure;
use crate::{input, output};

pub(crate) fn run(arguments: Sign) -> Result<(), Failure> {
    let message = String::from_utf8(input::argument_or_stdin(&arguments.message, Failure::unknown)?)
        .map_err(|_| Failure::unknown("the message is not UTF-8").hint("NEP-413 signs texts"))?;
    if arguments.account.is_system() {
        return Err(Failure::unknown("nobody signs for the account \"system\"").hint("name the account that the key belongs to"));
    }
    let key = arguments.key.read()?;
    let nonce = match arguments.nonce {
        Some(nonce) => nonce,
        None => Nonce::timestamp(input::now(), input::random()?),
    };
    let request = TokenRequest {
        message,
        recipient: arguments.recipient,
        nonce,
        callback_url: arguments.callback_url,
        state: arguments.state,
    };
    let answer = KeySigner::new(arguments.account, key).sign(request.payload());
    let token = request.into_token(answer).map_err(Failure::unknown)?;
    let text = token.encode();
    if text.len() > MAX_TOKEN_LENGTH {
        return Err(Failure::unknown(format!(
            "the token would have {} characters, at most {MAX_TOKEN_LENGTH} are read",
            text.len()
        ))
        .hint("sign a shorter message"));
    }
    output::line(&text)
}
