//! The chain, which tells what it was asked and what it answered.

use std::sync::Arc;

use siwn::{Access, Asker, AuthorizedBy, BoxFuture, Chain, ChainError, Question, Resolution, Resolved, Standing};
use siwn_chain::RpcChain;

use super::{Seen, TRACE, locked};

/// A question to the chain and its answer, in words.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) calls: Vec<String>,
    /// Whether there was an answer.
    pub(super) is_answered: bool,
}

/// A chain that tells.
pub(crate) struct WatchedChain {
    chain: Arc<RpcChain>,
    seen: Seen,
}

impl WatchedChain {
    pub(crate) const fn new(chain: Arc<RpcChain>, seen: Seen) -> Self {
        Self { chain, seen }
    }

    fn tell(&self, mark: usize, account: &str, question: String, answer: Result<String, &ChainError>) {
        let calls = self.seen.0.node.since(mark, account);
        let is_answered = answer.is_ok();
        let answer = answer.unwrap_or_else(with_sources);
        let asked = Asked { question, answer, calls, is_answered };
        let is_of_request = TRACE.try_with(|trace| locked(&trace.asked).push(asked.clone())).is_ok();
        if !is_of_request {
            let outcome = if is_answered { "asked again" } else { "could not ask" };
            let why = format!("A session is in use whose key was last seen long ago, so NEAR was asked again: {}", asked.answer);
            self.seen.push_own(outcome, why, vec![asked]);
        }
    }
}

impl Chain for WatchedChain {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        Box::pin(async move {
            let mark = self.seen.0.node.mark();
            let answer = self.chain.standing(question).await;
            let account = question.account.as_str();
            let words = answer.as_ref().map(|standing| {
                let block = standing.block.height;
                match standing.access {
                    Access::Full => format!("the key has full access, at final block {block}"),
                    Access::FunctionCall => format!("the key may only call contracts, at final block {block}"),
                    Access::NoKey => format!("the key is not on the account, at final block {block}"),
                    Access::NoAccount => format!("there is no such account, at final block {block}"),
                    _ => format!("something else, at final block {block}"),
                }
            });
            self.tell(mark, account, format!("what {account} grants {}", brief(&question.key.to_string())), words);
            answer
        })
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution, asker: Asker) -> BoxFuture<'a, Result<Resolved, ChainError>> {
        Box::pin(async move {
            let mark = self.seen.0.node.mark();
            let answer = self.chain.resolve(resolution, asker).await;
            let words = answer.as_ref().map(|resolved| {
                let block = resolved.block().height;
                match resolved.outcome() {
                    Ok(authorized) => match &authorized.by {
                        AuthorizedBy::Key(_) => format!("yes, by an access key of the account, at final block {block}"),
                        AuthorizedBy::Contract => format!("yes, says its contract, at final block {block}"),
                    },
                    Err(refusal) => format!("no, at final block {block}: {refusal}"),
                }
            });
            let account = resolution.account();
            // A contract may name others, which are asked in their turn.
            self.tell(mark, "", format!("whether {account} authorized the challenge"), words);
            answer
        })
    }
}

/// A key, by which one knows it again.
pub(super) fn brief(key: &str) -> String {
    let (head, tail): (String, String) = (key.chars().take(14).collect(), key.chars().rev().take(6).collect());
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

fn with_sources(error: &ChainError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
