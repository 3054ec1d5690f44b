//! One authorization, from its rations to its verdict: the whole order of a resolution.

use std::time::Duration;

use siwn::{Asker, ChainError, Resolution, Resolved};
use tokio::time::Instant;

use crate::endpoint::Allowance;
use crate::error::{Failed, LookUpError};
use crate::look_up::LookUps;
use crate::rations::Ending;

/// The most that a resolution takes.
const LONGEST: Duration = Duration::from_secs(8);

/// What takes longer is not given back, whatever came of it: an account's owner may be who wants it to be slow.
const SLOW: Duration = Duration::from_secs(1);

impl LookUps {
    pub(crate) async fn resolve(&self, resolution: &Resolution, asker: Asker) -> Result<Resolved, ChainError> {
        // 1. Nobody signed anything yet: it is charged before anything is asked. Anybody can name an account that succeeded before, so that
        //    it is known only where it comes from.
        let account = resolution.account();
        let mut ration = self.resolutions.take(asker, account, &(account, asker.client()))?;
        let deadline = Instant::now() + LONGEST;
        // 2. So many are resolved at once; the others wait, first come, first served.
        let Some(_place) = ration.place(deadline).await else {
            return Err(Failed::new(LookUpError::Line, None).into());
        };
        let began = Instant::now();
        // 3. The endpoints, in their order, each with a walk of its own, until one comes to the end.
        let resolved = self.endpoints.resolved(resolution, Allowance { deadline, stood_before: ration.stood_before() }).await;
        // 4. What soon succeeds is given back, and what failed through no contract.
        ration.end(match &resolved {
            Ok(resolved) if resolved.outcome().is_ok() && began.elapsed() <= SLOW => Ending::FullAccess,
            Err(failed) if !failed.may_be_a_contracts() => Ending::Transient,
            Ok(_) | Err(_) => Ending::No,
        });
        Ok(resolved?)
    }
}
