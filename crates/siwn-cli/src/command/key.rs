//! `siwn key`

use serde::Serialize;
use siwn::{Access, Question};
use siwn_chain::Report;

use crate::arguments::LookUp;
use crate::failure::Failure;
use crate::{nodes, output, runtime};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    account_id: &'a str,
    public_key: String,
    access: &'static str,
    network: &'a str,
    block_height: u64,
    block_hash: String,
    block_time: String,
    endpoint: &'a str,
}

pub(crate) fn run(arguments: &LookUp) -> Result<(), Failure> {
    let chain = arguments.nodes.chain()?;
    let question = Question::new(&arguments.account, &arguments.key);
    let report = runtime::run(async {
        chain.look_up(question).await.map_err(|error| nodes::silent(&error).hint("name nodes that answer with --rpc"))
    })?;
    print(&report, chain.network().chain_id())?;
    judge(&report)
}

fn print(report: &Report, network: &str) -> Result<(), Failure> {
    let Report { standing, endpoint, made_at, .. } = report;
    output::json(&Answer {
        account_id: standing.account.as_str(),
        public_key: standing.key.to_string(),
        access: match standing.access {
            Access::Full => "full",
            Access::NoKey => "no_key",
            Access::NoAccount => "no_account",
            _ => "function_call",
        },
        network,
        block_height: standing.block.height,
        block_hash: bs58::encode(standing.block.hash).into_string(),
        block_time: output::time(*made_at),
        endpoint,
    })
}

fn judge(report: &Report) -> Result<(), Failure> {
    let standing = &report.standing;
    let account = &standing.account;
    let is_its_own = standing.key.implicit_account().as_ref() == Some(account);
    match standing.access {
        Access::Full => {
            eprintln!("note: {account} has this key, with full access");
            Ok(())
        }
        Access::NoKey => Err(Failure::no(format!("{account} does not have this key"))
            .hint("is this the right key, and the right network? a key that was just added shows in a few seconds")),
        Access::NoAccount if is_its_own => Err(Failure::no(format!("there is no account {account} yet"))
            .hint("it is this key's implicit account: a first transfer to it makes it, with this key; set unfunded_accounts to let it in before")),
        Access::NoAccount => {
            Err(Failure::no(format!("there is no account {account}")).hint("is the name right, and the network?"))
        }
        _ => Err(Failure::no(format!("{account} has this key for calls of contracts only"))
            .hint("sign in with a full-access key of the account")),
    }
}
