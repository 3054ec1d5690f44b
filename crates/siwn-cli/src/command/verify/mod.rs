//! `siwn verify`

mod authorization;

use serde::Serialize;
use siwn::{
    AccessPolicy, AuthToken, Block, NonceRule, Policy, PolicyError, SignatureError, SignedToken, TimestampError, UnixMillis,
    VerifyError,
};

use crate::arguments::Verify;
use crate::failure::Failure;
use crate::{input, nodes, output, runtime};

/// What near-sign-verify's `verify` returns, and what was not checked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    valid: bool,
    offline: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_height: Option<u64>,
    account_id: &'a str,
    public_key: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

pub(crate) fn run(arguments: &Verify) -> Result<(), Failure> {
    let bytes = input::argument_or_stdin(&arguments.token, Failure::no)?;
    match (&arguments.payload, &arguments.recipient) {
        (Some(payload), _) => {
            let text = str::from_utf8(&bytes).map_err(|_| Failure::no("the authorization is not UTF-8"))?;
            authorization::run(arguments, payload, text)
        }
        (None, recipient) => token(arguments, recipient.as_deref().unwrap_or_default(), &bytes),
    }
}

fn token(arguments: &Verify, recipient: &str, bytes: &[u8]) -> Result<(), Failure> {
    let now = arguments.now.map_or_else(input::now, UnixMillis::new);
    let token = read_token(bytes)?;
    let signed = policy(arguments, recipient).check(token, now).map_err(|error| refused(&error))?;
    let block = if arguments.offline { None } else { Some(ask_chain(arguments, &signed)?) };
    print(&signed, block)
}

/// The final block at which the key was a full-access key of the account.
fn ask_chain(arguments: &Verify, signed: &SignedToken) -> Result<Block, Failure> {
    let chain = arguments.nodes.chain()?;
    runtime::run(async {
        match signed.clone().confirm(&chain, AccessPolicy::default()).await {
            Ok(verified) => Ok(verified.account.block()),
            Err(VerifyError::Refused(error)) => {
                Err(Failure::no(error).hint("sign with a full-access key that the account has on this network"))
            }
            Err(VerifyError::Unavailable(error)) => {
                Err(nodes::silent(&error).hint("name nodes that answer with --rpc, or leave the chain out with --offline"))
            }
        }
    })
}

fn read_token(bytes: &[u8]) -> Result<AuthToken, Failure> {
    if input::is_json(bytes) {
        return Err(Failure::no("this looks like an authorization of NEP-641, which is for no recipient")
            .hint("say with --payload what it must authorize"));
    }
    let not_a_token = |error: &dyn std::fmt::Display| {
        Failure::no(error).hint("a token is what `siwn sign` or near-sign-verify's `sign` gives; `siwn inspect` shows its fields")
    };
    let text = str::from_utf8(bytes).map_err(|_| not_a_token(&"the token is not standard base64 with padding"))?;
    text.parse().map_err(|error| not_a_token(&error))
}

fn policy(arguments: &Verify, recipient: &str) -> Policy {
    let nonce = match arguments.nonce {
        Some(nonce) => NonceRule::exactly(nonce),
        None => NonceRule::timestamp_with_skew(arguments.max_age, arguments.skew),
    };
    let mut policy = Policy::new(recipient, nonce);
    if let Some(message) = &arguments.message {
        policy = policy.message(message.as_str());
    }
    if let Some(state) = &arguments.state {
        policy = policy.state(state.as_str());
    }
    policy
}

fn refused(error: &PolicyError) -> Failure {
    let hint = match error {
        PolicyError::Recipient { .. } => "a token is good for the one recipient that was signed",
        PolicyError::Message { .. } => "--message demands just this message",
        PolicyError::State => "--state demands just this state",
        PolicyError::Nonce => "--nonce demands just this nonce",
        PolicyError::Timestamp(TimestampError::NoTimestamp) => {
            "the server issued this nonce itself: demand it with --nonce, in place of a time"
        }
        PolicyError::Timestamp(TimestampError::TooOld { .. }) => "have a new one signed, or allow an older one with --max-age",
        PolicyError::Timestamp(_) => "compare the clocks of both machines, or allow for more with --skew",
        PolicyError::Signature(SignatureError::DoesNotHold) => "something was changed after signing, or another key signed",
        _ => "the token is not one that can be accepted here",
    };
    Failure::no(error).hint(hint)
}

fn print(signed: &SignedToken, block: Option<Block>) -> Result<(), Failure> {
    let token = signed.token();
    let payload = token.payload();
    output::json(&Verified {
        valid: true,
        offline: block.is_none(),
        block_height: block.map(|block| block.height),
        account_id: token.account().as_str(),
        public_key: &token.public_key().to_string(),
        message: payload.message,
        callback_url: payload.callback_url,
        state: token.state(),
    })
}
