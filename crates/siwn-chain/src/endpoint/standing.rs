//! What one endpoint says of an account and a key.

use siwn::{Access, Question};
use tokio::time::{Instant, sleep};

use super::Endpoint;
use super::pin::SIBLING;
use crate::block::Tip;
use crate::fault::Fault;
use crate::reply::{AccountAnswer, KeyAnswer};
use crate::request::Call;

impl Endpoint {
    /// Where the account stands with the key, at this endpoint's own tip and by this endpoint alone.
    pub(crate) async fn standing(&self, question: Question<'_>, deadline: Instant) -> Result<(Access, Tip), Fault> {
        let began = Instant::now();
        let answer = self.standing_at_a_tip(question, deadline).await?;
        self.latency.of_a_look_up(began.elapsed());
        Ok(answer)
    }

    /// The same at a tip of another endpoint, if this one confirms it.
    pub(crate) async fn standing_at(&self, question: Question<'_>, pin: Tip, deadline: Instant) -> Result<(Access, Tip), Fault> {
        let began = Instant::now();
        self.confirm(pin, deadline).await?;
        let access = self.access_or_siblings(question, pin, deadline).await?;
        self.latency.of_a_look_up(began.elapsed());
        Ok((comparable(access, question), pin))
    }

    async fn standing_at_a_tip(&self, question: Question<'_>, deadline: Instant) -> Result<(Access, Tip), Fault> {
        let pin = self.pin(deadline).await?;
        let fault = match self.access_or_siblings(question, pin, deadline).await {
            Ok(access) => return Ok((access, pin)),
            Err(fault) => fault,
        };
        if !fault.is_mended_by_another_pin() {
            if fault.is_of_the_pin() {
                self.memory().forget(pin);
            }
            return Err(fault);
        }
        let pin = self.pin_instead_of(pin, deadline).await?;
        let access = self.access(question, pin, deadline).await.inspect_err(|fault| {
            if fault.is_of_the_pin() {
                self.memory().forget(pin);
            }
        })?;
        Ok((access, pin))
    }

    /// Behind a balancer the next request may meet a node that is a block behind; a little later it knows the block, too.
    pub(super) async fn access_or_siblings(&self, question: Question<'_>, pin: Tip, deadline: Instant) -> Result<Access, Fault> {
        match self.access(question, pin, deadline).await {
            Err(Fault::UnknownBlock) if Instant::now() + SIBLING < deadline => {
                sleep(SIBLING).await;
                self.access(question, pin, deadline).await
            }
            judged => judged,
        }
    }

    async fn access(&self, question: Question<'_>, pin: Tip, deadline: Instant) -> Result<Access, Fault> {
        let until = self.next_call_ends(Some(deadline));
        let call = Call::AccessKey { question, at: pin.hash };
        match self.call(call, until, |reply| reply.key_answer(question, pin.hash)).await? {
            KeyAnswer::Has(access) => Ok(access),
            KeyAnswer::AccountMissing => Ok(Access::NoAccount),
            KeyAnswer::KeyMissing if question.key.implicit_account().as_ref() == Some(question.account) => {
                self.access_without_key(question, pin, deadline).await
            }
            KeyAnswer::KeyMissing => Ok(Access::NoKey),
        }
    }

    /// Nodes differ in what they say of the keys of an account that does not exist, but not in what they say of the account.
    async fn access_without_key(&self, question: Question<'_>, pin: Tip, deadline: Instant) -> Result<Access, Fault> {
        let until = self.next_call_ends(Some(deadline));
        let call = Call::Account { account: question.account, at: pin.hash };
        match self.call(call, until, |reply| reply.account_answer(question.account, pin.hash)).await? {
            AccountAnswer::Exists => Ok(Access::NoKey),
            AccountAnswer::Missing => Ok(Access::NoAccount),
        }
    }
}

/// What can be compared with another endpoint's word. Of an account that does not exist, nodes of some age say that it lacks the key; both are
/// a no. Only of the key's own implicit account does it matter which, and there all of them are asked for the account itself.
pub(super) fn comparable(access: Access, question: Question<'_>) -> Access {
    let is_own = question.key.implicit_account().as_ref() == Some(question.account);
    if access == Access::NoAccount && !is_own { Access::NoKey } else { access }
}
