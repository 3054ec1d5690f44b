//! An authorization of NEP-641: of an access key, or of a contract.

use serde::Serialize;
use siwn::{
    AccessKeyAuthorization, AccessPolicy, AccountId, AccountRefusal, Asker, AuthorizationFault, AuthorizationPolicy,
    AuthorizationRefusal, Authorized, AuthorizedBy, Block, Chain as _, ChainId, ContractAccounts, Expected, Resolution,
};

use crate::arguments::Verify;
use crate::failure::Failure;
use crate::{nodes, output, runtime};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified<'a> {
    valid: bool,
    offline: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_height: Option<u64>,
    account_id: &'a str,
    /// None where a contract spoke for the account.
    public_key: Option<String>,
    payload: &'a str,
}

/// Verifies that the account authorized just `payload`.
pub(super) fn run(arguments: &Verify, payload: &str, text: &str) -> Result<(), Failure> {
    let read = text.parse::<AccessKeyAuthorization>();
    let account = match (&arguments.account, &read) {
        (Some(account), _) => account.clone(),
        (None, Ok(authorization)) => authorization.message().signer_id.clone(),
        (None, Err(error)) => {
            return Err(Failure::unknown(format!("whose authorization this is does not show: {error}"))
                .hint("if a contract can read it, name its account with --account"));
        }
    };
    let chain_id = ChainId::new(nodes::parse(&arguments.nodes.network)?.chain_id());
    let question = |contract_accounts| {
        let policy = AuthorizationPolicy { contract_accounts, ..AuthorizationPolicy::new(chain_id) };
        let expected = Expected::Exactly(payload.to_owned());
        Resolution::new(policy, AccessPolicy::default(), account.clone(), text.to_owned(), expected)
            .map_err(|error| refused(&error))
    };
    if arguments.offline {
        // Nobody is asked: what a key could not have signed, only a contract could tell.
        question(ContractAccounts::Refuse)?;
        let key = read.ok().map(|authorization| authorization.access_key().to_string());
        return print(&account, payload, key, None);
    }
    let (authorized, block) = resolve(arguments, &question(ContractAccounts::Ask)?)?;
    let key = match &authorized.by {
        AuthorizedBy::Key(key) => Some(key.to_string()),
        AuthorizedBy::Contract => None,
    };
    print(&account, &authorized.payload, key, Some(block))
}

fn resolve(arguments: &Verify, question: &Resolution) -> Result<(Authorized, Block), Failure> {
    let chain = arguments.nodes.chain()?;
    let resolved = runtime::run(async {
        chain
            .resolve(question, Asker::server())
            .await
            .map_err(|error| nodes::silent(&error).hint("name nodes that answer with --rpc, or leave the chain out with --offline"))
    })?;
    match resolved.outcome() {
        Ok(authorized) => Ok((authorized.clone(), resolved.block())),
        Err(AccountRefusal::Authorization(refusal)) => Err(refused(refusal)),
        Err(error) => Err(Failure::no(error).hint("authorize with a full-access key that the account has on this network")),
    }
}

fn refused(refusal: &AuthorizationRefusal) -> Failure {
    let hint = match &refusal.fault {
        AuthorizationFault::ContractsNotAsked(error) => {
            return Failure::unknown(format!("this is no access key's authorization, and no contract is asked offline: {error}"))
                .hint("leave out --offline if the account is a contract that can read it");
        }
        AuthorizationFault::Malformed(_) => "an authorization is what `siwn sign --nep641` or the account's wallet gives",
        AuthorizationFault::OtherChain { .. } => "name the network that it is for with --network, if it is the right one",
        AuthorizationFault::OtherSigner { .. } => "an authorization is good for the account that it names",
        AuthorizationFault::OtherPath => "a delegate's authorization is good only inside of the one that it is part of",
        AuthorizationFault::Signature(_) => "something was changed after signing, or another key signed",
        AuthorizationFault::Future { .. } => "compare the clocks of both machines; a minute ago is a good time to sign",
        AuthorizationFault::OtherPayload => "--payload demands just this payload; `siwn inspect` shows what was signed",
        AuthorizationFault::Refused(_) | AuthorizationFault::Answer(_) => "the account's contract decides; is this its wallet's?",
        _ => "the authorization is not one that can be accepted here",
    };
    Failure::no(refusal).hint(hint)
}

fn print(account: &AccountId, payload: &str, key: Option<String>, block: Option<Block>) -> Result<(), Failure> {
    output::json(&Verified {
        valid: true,
        offline: block.is_none(),
        block_height: block.map(|block| block.height),
        account_id: account.as_str(),
        public_key: key,
        payload,
    })
}
