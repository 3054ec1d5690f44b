//! What one endpoint says in a resolution: of keys as ever, and of contracts, which anybody can write.
//!
//! What a contract makes slow or fail is not held against the endpoint: such calls neither open its breaker nor end an outage, and what they
//! take is no measure of it. A pause that a gateway asks for here is kept for such calls alone.

use std::time::Duration;

use siwn::{AccountId, ChainAnswer, ChainAsk, Question, Quoted};
use tokio::time::{Instant, sleep, timeout_at};

use super::Endpoint;
use super::pin::SIBLING;
use super::standing::comparable;
use crate::block::Tip;
use crate::fault::Fault;
use crate::reply::ContractAnswer;
use crate::request::Call;

/// The most that one call of a contract takes.
const LONGEST_CALL: Duration = Duration::from_secs(3);

impl Endpoint {
    /// What this endpoint answers at its own tip.
    pub(crate) async fn answer(&self, ask: &ChainAsk, pin: Tip, deadline: Instant) -> Result<ChainAnswer, Fault> {
        match ask {
            ChainAsk::Key { account, key } => {
                self.access_or_siblings(Question::new(account, key), pin, deadline).await.map(ChainAnswer::Access)
            }
            ChainAsk::Contract { account, method, args } => self.contract_or_siblings(account, method, args, pin, deadline).await,
        }
    }

    /// The same at a tip of another endpoint, if this one confirms it.
    pub(crate) async fn answer_at(&self, ask: &ChainAsk, pin: Tip, deadline: Instant) -> Result<ChainAnswer, Fault> {
        self.confirm(pin, deadline).await?;
        match (self.answer(ask, pin, deadline).await?, ask) {
            (ChainAnswer::Access(access), ChainAsk::Key { account, key }) => {
                Ok(ChainAnswer::Access(comparable(access, Question::new(account, key))))
            }
            (answer, _) => Ok(answer),
        }
    }

    async fn contract_or_siblings(
        &self,
        account: &AccountId,
        method: &str,
        args: &[u8],
        pin: Tip,
        deadline: Instant,
    ) -> Result<ChainAnswer, Fault> {
        let call = Call::Contract { account, method, args, at: pin.hash };
        let answer = match self.contract(call, account, pin, deadline).await {
            Err(Fault::UnknownBlock) if Instant::now() + SIBLING < deadline => {
                sleep(SIBLING).await;
                self.contract(call, account, pin, deadline).await
            }
            judged => judged,
        };
        Ok(match answer? {
            ContractAnswer::Returned(bytes) => ChainAnswer::Returned(bytes),
            ContractAnswer::NoAccount => ChainAnswer::NoAccount,
            ContractAnswer::NoContract => ChainAnswer::NoContract,
            ContractAnswer::Failed(words) => ChainAnswer::Failed(Quoted::reason(&words)),
        })
    }

    async fn contract(&self, call: Call<'_>, account: &AccountId, pin: Tip, deadline: Instant) -> Result<ContractAnswer, Fault> {
        // Over is over: one who tries for all others would be anybody, with a contract that takes its time.
        if self.contracts.is_limited() {
            return Err(Fault::Limited { retry_after: self.contracts.pause() });
        }
        let waits = timeout_at(deadline, self.shared.contract_calls.acquire()).await;
        let _place = waits.ok().and_then(Result::ok).ok_or(Fault::TimedOut)?;
        let until = deadline.min(Instant::now() + LONGEST_CALL);
        let answer = self.call(call, until, |reply| reply.contract_answer(account, pin.hash)).await;
        answer.map_err(|fault| if fault.may_be_a_contracts() { Fault::Contract(Box::new(fault)) } else { fault })
    }
}
