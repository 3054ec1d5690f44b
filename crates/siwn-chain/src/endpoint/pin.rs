//! The block that a look-up is about: the network is checked, the tip fetched, and another endpoint's tip confirmed.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::{Endpoint, Turn};
use crate::block::Tip;
use crate::fault::Fault;
use crate::reply::Reply;
use crate::request::Call;

/// How far a tip's time may lie ahead of our clock.
const FARTHEST_AHEAD: Duration = Duration::from_secs(30);

/// How long a node that is a block behind is waited for.
pub(super) const SIBLING: Duration = Duration::from_millis(300);

impl Endpoint {
    /// The block that a look-up is about. All that it takes ends with the time of one call, so that the rest is left for the question.
    pub(crate) async fn pin(&self, deadline: Instant) -> Result<Tip, Fault> {
        if let Some(tip) = self.fresh_tip()? {
            return Ok(tip);
        }
        let came = Instant::now();
        let until = self.next_call_ends(Some(deadline));
        let mut turn = self.turn(until).await?;
        if let Some(tip) = self.fresh_tip()? {
            return Ok(tip);
        }
        if let Some((_, fault)) = turn.as_ref().filter(|(at, _)| *at > came) {
            return Err(fault.clone());
        }
        let result = self.fetch_tip(until).await;
        *turn = result.as_ref().err().map(|fault| (Instant::now(), fault.clone()));
        result
    }

    /// Another one, where `tip` is not known any more.
    pub(crate) async fn pin_instead_of(&self, tip: Tip, deadline: Instant) -> Result<Tip, Fault> {
        self.memory().forget(tip);
        self.pin(deadline).await
    }

    /// Whether this endpoint too says that `pin`, which another one named, is final, of that time, and neither too old nor ahead: of an old
    /// or an abandoned block every honest node would tell what was so then.
    pub(super) async fn confirm(&self, pin: Tip, deadline: Instant) -> Result<(), Fault> {
        let mut own = self.pin(deadline).await?;
        if own.height < pin.height && Instant::now() + SIBLING < deadline {
            sleep(SIBLING).await;
            self.memory().forget(own);
            own = self.pin(deadline).await?;
        }
        if own.height < pin.height {
            return Err(Fault::UnknownBlock);
        }
        let is_so = own == pin || self.knows(pin, deadline).await?;
        if is_so { self.check_time(pin).map(drop) } else { Err(Fault::OtherBlock) }
    }

    /// Whether it has just this block at that height. That it has another one, or none, is said of whoever named the block: it is no fault
    /// of this endpoint.
    async fn knows(&self, pin: Tip, deadline: Instant) -> Result<bool, Fault> {
        let remembered = self.memory().knows(pin);
        if let Some(is_so) = remembered {
            return Ok(is_so);
        }
        let until = self.next_call_ends(Some(deadline));
        let _turn = self.turn(until).await?;
        let remembered = self.memory().knows(pin);
        if let Some(is_so) = remembered {
            return Ok(is_so);
        }
        let call = Call::BlockAt(pin.height);
        let found = self.call(call, until, |reply| match reply.tip() {
            Err(fault) if fault.is_mended_by_another_pin() => Ok(None),
            tip => tip.map(Some),
        });
        let is_so = found.await?.ok_or(Fault::UnknownBlock)? == pin;
        self.memory().judge(pin, is_so);
        Ok(is_so)
    }

    pub(super) async fn check_alone(&self, until: Instant) -> Result<(), Fault> {
        let _turn = self.turn(until).await?;
        self.check_network(until).await
    }

    /// Asks an endpoint that said it is of another network: behind a balancer, that may have been somebody else's word.
    pub(super) async fn check_anew(&self, until: Instant) -> Result<(), Fault> {
        let _turn = self.turn(until).await?;
        self.ask_network(until).await
    }

    async fn fetch_tip(&self, until: Instant) -> Result<Tip, Fault> {
        self.check_network(until).await?;
        let tip = self.call(Call::FinalBlock, until, |reply| self.check_time(reply.tip()?)).await?;
        self.memory().remember(tip, self.now());
        Ok(tip)
    }

    fn fresh_tip(&self) -> Result<Option<Tip>, Fault> {
        let memory = self.memory();
        memory.admits()?;
        Ok(memory.tip(self.now()).filter(|tip| self.check_time(*tip).is_ok()))
    }

    fn check_time(&self, tip: Tip) -> Result<Tip, Fault> {
        let (age, by) = (tip.age(self.now()), tip.ahead(self.now()));
        if age > self.shared.oldest_tip {
            Err(Fault::Lagging { age })
        } else if by > FARTHEST_AHEAD {
            Err(Fault::Ahead { by })
        } else {
            Ok(tip)
        }
    }

    /// Asks for the network, unless it is known.
    async fn check_network(&self, until: Instant) -> Result<(), Fault> {
        self.memory().admits()?;
        if self.memory().needs_check(self.now()) { self.ask_network(until).await } else { Ok(()) }
    }

    async fn ask_network(&self, until: Instant) -> Result<(), Fault> {
        self.call(Call::Status, until, |reply| self.is_of_the_network(reply)).await
    }

    async fn turn(&self, until: Instant) -> Result<tokio::sync::MutexGuard<'_, Turn>, Fault> {
        timeout_at(until, self.turn.lock()).await.map_err(|_| Fault::TimedOut)
    }

    fn is_of_the_network(&self, reply: Reply<'_>) -> Result<(), Fault> {
        let reported = reply.reported()?;
        if self.shared.network.is(&reported) { Ok(()) } else { Err(Fault::OtherNetwork(reported.to_string())) }
    }
}
