//! The resolution of an authorization, as questions and answers: no I/O, no clock.
//!
//! Every account on the way is asked by its key first, and its contract only where that does not succeed. A contract can name other
//! accounts that have to authorize, too: each of them must authorize just what it is expected to. The first refusal ends the walk.

use std::collections::VecDeque;
use std::{fmt, mem};

use crate::chain::{Access, ChainError};
use crate::nep641::ask::{AskId, Branch, ChainAnswer, ChainAsk, Step};
use crate::nep641::contract::{self, Answer, Pending};
use crate::nep641::policy::ContractAccounts;
use crate::nep641::refusal::AuthorizationFault;
use crate::nep641::resolution::{Authorized, AuthorizedBy, ByKey, PinnedBlock, Resolution, Resolved};
use crate::verified::{AccountRefusal, Funding};
use crate::{AccountId, PublicKey};

/// A resolution under way.
#[must_use = "a walk is driven to its end by `next` and `answer`"]
pub struct Walk<'a> {
    resolution: &'a Resolution,
    pinned: PinnedBlock,
    nodes: Vec<Node>,
    waiting: VecDeque<(AskId, ChainAsk)>,
    under_way: Vec<AskId>,
    /// What the first account authorizes. It counts only when everybody else authorized, too.
    first: Option<Authorized>,
    refusal: Option<AccountRefusal>,
    /// An answer that belongs to no question: the driver's fault, and nobody's verdict.
    is_broken: bool,
}

/// One account that has to authorize.
struct Node {
    account: AccountId,
    /// The accounts above, the nearest one first.
    path: Vec<AccountId>,
    authorization: String,
    expected: Option<String>,
    state: State,
}

enum State {
    /// Whether the key is the account's.
    AskedKey {
        key: PublicKey,
        payload: String,
    },
    /// What the contract makes of the authorization, after the key did not succeed.
    AskedContract {
        by_key: Why,
    },
    Answered,
}

/// Why the key did not succeed.
enum Why {
    /// The authorization is not an access key's.
    NotOne(crate::AuthorizationError),
    /// It is, and was refused: that counts more than what the contract says.
    Refused(AccountRefusal),
}

impl Resolution {
    /// Begins to ask, at one block.
    pub fn start(&self, block: PinnedBlock) -> Walk<'_> {
        Walk::new(self, block)
    }

    /// Asks everything of `chain`, one question after the other: for tests, and for a chain in the same process.
    ///
    /// # Errors
    ///
    /// Those of `chain`, and an answer that does not belong to its question.
    pub fn ask_all(
        &self,
        block: PinnedBlock,
        mut chain: impl FnMut(&ChainAsk) -> Result<ChainAnswer, ChainError>,
    ) -> Result<Resolved, ChainError> {
        let mut walk = self.start(block);
        while let Step::Ask(asks) = walk.next() {
            for (id, ask) in asks {
                walk.answer(id, chain(&ask)?);
            }
        }
        walk.finish()
    }
}

impl<'a> Walk<'a> {
    fn new(resolution: &'a Resolution, pinned: PinnedBlock) -> Self {
        let question = &resolution.question;
        let mut walk = Self {
            resolution,
            pinned,
            nodes: Vec::new(),
            waiting: VecDeque::new(),
            under_way: Vec::new(),
            first: None,
            refusal: None,
            is_broken: false,
        };
        let node = Node {
            account: question.account.clone(),
            path: Vec::new(),
            authorization: question.authorization.clone(),
            expected: question.expected.text().map(Into::into),
            state: State::Answered,
        };
        walk.refusal = walk.enter(node, resolution.by_key.clone()).err();
        walk
    }

    /// What to do next.
    #[expect(clippy::should_implement_trait, reason = "a walk goes on by answers: it is no iterator")]
    pub fn next(&mut self) -> Step {
        if self.refusal.is_some() || self.is_broken || (self.waiting.is_empty() && self.under_way.is_empty()) {
            return Step::Done;
        }
        let room = self.resolution.question.policy.limits.concurrency().saturating_sub(self.under_way.len());
        let asks: Vec<_> = self.waiting.drain(..room.min(self.waiting.len())).collect();
        self.under_way.extend(asks.iter().map(|(id, _)| *id));
        Step::Ask(asks)
    }

    /// Takes an answer. After a refusal no further one counts.
    pub fn answer(&mut self, id: AskId, answer: ChainAnswer) {
        if self.refusal.is_some() || self.is_broken {
            return;
        }
        let Some(at) = self.under_way.iter().position(|asked| *asked == id) else { return self.is_broken = true };
        self.under_way.swap_remove(at);
        let state = mem::replace(&mut self.nodes[id.node].state, State::Answered);
        let outcome = match (id.of, state, answer) {
            (Branch::Key, State::AskedKey { key, payload }, ChainAnswer::Access(access)) => {
                self.answer_of_key(id.node, key, payload, access)
            }
            (Branch::Key, State::AskedKey { key, payload }, ChainAnswer::NoAccount) => {
                self.answer_of_key(id.node, key, payload, Access::NoAccount)
            }
            (Branch::Contract, State::AskedContract { by_key }, answer) if !matches!(answer, ChainAnswer::Access(_)) => {
                self.answer_of_contract(id.node, by_key, answer)
            }
            _ => return self.is_broken = true,
        };
        self.refusal = outcome.err();
    }

    /// What became of it.
    ///
    /// # Errors
    ///
    /// The walk was left off before it was done, or an answer belonged to no question: neither a yes nor a no.
    pub fn finish(mut self) -> Result<Resolved, ChainError> {
        let is_done = matches!(self.next(), Step::Done) && !self.is_broken;
        let outcome = match (is_done, self.refusal, self.first) {
            (true, Some(refusal), _) => Err(refusal),
            (true, None, Some(first)) => Ok(first),
            _ => return Err(ChainError::new("the resolution was left off", None)),
        };
        Ok(Resolved { question: self.resolution.question.clone(), block: self.pinned.block, outcome })
    }

    /// Adds an account and its first question.
    fn enter(&mut self, node: Node, by_key: ByKey) -> Result<(), AccountRefusal> {
        let at = self.nodes.len();
        let refused = |fault: AuthorizationFault| Why::Refused(fault.at(&node.account).into());
        let why = match by_key {
            // NEP-641, access key authorizations: held against the block's time, to the nanosecond.
            ByKey::Signed { timestamp, .. } if timestamp > self.pinned.timestamp => {
                refused(AuthorizationFault::Future { found: timestamp, block: self.pinned.timestamp })
            }
            ByKey::Signed { key, payload, .. } => {
                self.nodes.push(node);
                self.ask_key(at, key, payload);
                return Ok(());
            }
            ByKey::Refused(fault) => refused(fault),
            ByKey::NotOne(error) => Why::NotOne(error),
            ByKey::TooLong(fault) => return Err(fault.at(&node.account).into()),
        };
        self.nodes.push(node);
        self.ask_contract(at, why)
    }

    fn ask_key(&mut self, node: usize, key: PublicKey, payload: String) {
        let asked = &mut self.nodes[node];
        let ask = ChainAsk::Key { account: asked.account.clone(), key: key.clone() };
        asked.state = State::AskedKey { key, payload };
        self.waiting.push_back((AskId { node, of: Branch::Key }, ask));
    }

    /// Asks the contract, where contracts are asked.
    fn ask_contract(&mut self, node: usize, why: Why) -> Result<(), AccountRefusal> {
        let asked = &mut self.nodes[node];
        if self.resolution.question.policy.contract_accounts == ContractAccounts::Refuse {
            return Err(match why {
                Why::Refused(refusal) => refusal,
                Why::NotOne(error) => AuthorizationFault::ContractsNotAsked(error).at(&asked.account).into(),
            });
        }
        let args = contract::arguments(&asked.path, &asked.authorization);
        let ask = ChainAsk::Contract { account: asked.account.clone(), method: contract::METHOD, args };
        asked.state = State::AskedContract { by_key: why };
        self.waiting.push_back((AskId { node, of: Branch::Contract }, ask));
        Ok(())
    }

    fn answer_of_key(&mut self, node: usize, key: PublicKey, payload: String, access: Access) -> Result<(), AccountRefusal> {
        let asked = &self.nodes[node];
        match self.resolution.question.access.admit(&asked.account, &key, access) {
            Ok(funding) => {
                self.authorized(node, Authorized { payload, by: AuthorizedBy::Key(key), funding });
                Ok(())
            }
            // What does not exist has no contract either.
            Err(refusal) if access == Access::NoAccount => Err(refusal),
            Err(refusal) => self.ask_contract(node, Why::Refused(refusal)),
        }
    }

    fn answer_of_contract(&mut self, node: usize, by_key: Why, answer: ChainAnswer) -> Result<(), AccountRefusal> {
        let account = &self.nodes[node].account;
        let answer = match (answer, by_key) {
            (ChainAnswer::Returned(bytes), by_key) => match (self.read(&bytes), by_key) {
                (Ok(answer), _) => answer,
                (Err(_), Why::Refused(refusal)) => return Err(refusal),
                (Err(fault), Why::NotOne(_)) => return Err(fault.at(account).into()),
            },
            (_, Why::Refused(refusal)) => return Err(refusal),
            (ChainAnswer::Failed(said), Why::NotOne(_)) => return Err(AuthorizationFault::Refused(said).at(account).into()),
            (ChainAnswer::NoContract, Why::NotOne(error)) => return Err(AuthorizationFault::Malformed(error).at(account).into()),
            (_, Why::NotOne(_)) => return Err(AccountRefusal::NoAccount(account.clone())),
        };
        self.accept(node, answer)
    }

    fn read(&self, bytes: &[u8]) -> Result<Answer, AuthorizationFault> {
        let answer = Answer::parse(bytes).map_err(AuthorizationFault::Answer)?;
        self.resolution.question.check_payload(&answer.payload, None)?;
        Ok(answer)
    }

    /// Holds a contract's answer against what is expected and allowed, in this order, and enters whom it names.
    fn accept(&mut self, node: usize, answer: Answer) -> Result<(), AccountRefusal> {
        let Node { account, path, expected, .. } = &self.nodes[node];
        let resolution = self.resolution;
        let question = &resolution.question;
        let limits = question.policy.limits;
        let check = || {
            question.check_payload(&answer.payload, expected.as_deref())?;
            if answer.pending.found > 0 && path.len() >= limits.depth() {
                return Err(AuthorizationFault::TooDeep { most: limits.depth() });
            }
            // All but the first account are below it.
            if self.nodes.len() - 1 + answer.pending.found > limits.authorizations() {
                return Err(AuthorizationFault::TooMany { most: limits.authorizations() });
            }
            Ok(())
        };
        check().map_err(|fault| fault.at(account))?;
        let below: Vec<_> = std::iter::once(account).chain(path).cloned().collect();
        self.authorized(node, Authorized { payload: answer.payload, by: AuthorizedBy::Contract, funding: Funding::Exists });
        for Pending { account, authorization, expect } in answer.pending.kept {
            let by_key = question.judge(&account, &below, &authorization, Some(&expect));
            let node = Node { account, path: below.clone(), authorization, expected: Some(expect), state: State::Answered };
            self.enter(node, by_key)?;
        }
        Ok(())
    }

    fn authorized(&mut self, node: usize, authorized: Authorized) {
        if node == 0 {
            self.first = Some(authorized);
        }
    }
}

impl fmt::Debug for Walk<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let under_way = self.under_way.len();
        f.debug_struct("Walk").field("account", self.resolution.account()).field("under_way", &under_way).finish_non_exhaustive()
    }
}
