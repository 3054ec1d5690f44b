//! `siwn sign`

use siwn::{KeySigner, Nonce, TokenRequest};

use crate::arguments::Sign;
use crate::failure::Failure;
use crate::{input, output};

pub(crate) fn run(arguments: Sign) -> Result<(), Failure> {
    let message = String::from_utf8(input::argument_or_stdin(&arguments.message)?)
        .map_err(|_| Failure::unknown("the message is not UTF-8").hint("NEP-413 signs texts"))?;
    if arguments.account.is_system() {
        return Err(Failure::unknown("nobody signs for the account \"system\""));
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
    output::line(&token.encode())
}
