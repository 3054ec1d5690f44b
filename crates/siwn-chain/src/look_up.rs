//! One question, from memory to the endpoints and back: the whole order of a look-up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use siwn::{Access, ChainError, Question, Standing};
use tokio::time::Instant;

use crate::asking::Endpoints;
use crate::endpoint::Shared;
use crate::error::{Failed, LookUpError};
use crate::flights::Flights;
use crate::key_cache::KeyCache;
use crate::pair::{Handle, Pair};
use crate::rations::{Ending, Ration, Rations};
use crate::report::Report;

/// All that a look-up needs.
pub(crate) struct LookUps {
    pub(crate) endpoints: Endpoints,
    pub(crate) keys: KeyCache,
    pub(crate) flights: Arc<Flights>,
    pub(crate) rations: Arc<Rations>,
    /// Those of resolutions.
    pub(crate) resolutions: Arc<Rations>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) remembered: AtomicU64,
    pub(crate) joined: AtomicU64,
}

impl LookUps {
    pub(crate) async fn standing(self: &Arc<Self>, question: Question<'_>) -> Result<Standing, ChainError> {
        // 1. A full-access key that is remembered costs nothing.
        if let Some(standing) = self.keys.find(question, (self.shared.clock)()) {
            self.remembered.fetch_add(1, Ordering::Relaxed);
            return Ok(standing);
        }
        // 2. Nor does a question that is under way: who asks the same waits for the same answer.
        if let Some(flight) = self.flights.find(&question.into()) {
            self.joined.fetch_add(1, Ordering::Relaxed);
            return Ok(flight.await?.standing);
        }
        // 3. Everything else is charged to its asker.
        let pair = Handle::from(question);
        let ration = self.rations.take(question.asker, &pair, &pair)?;
        let flight = self.flights.begin(pair, Arc::clone(self).ask(question.into(), ration));
        Ok(flight.await?.standing)
    }

    pub(crate) async fn ask(self: Arc<Self>, pair: Pair, mut ration: Ration) -> Result<Report, Failed> {
        let deadline = Instant::now() + self.shared.timeout * 2;
        // 4. So many questions are asked at once; the others wait, first come, first served.
        let Some(_place) = ration.place(deadline).await else {
            return Err(Failed::new(LookUpError::Line, None));
        };
        // 5. The endpoints, in their order, until enough of them agree.
        let found = self.endpoints.standing(pair.question(), deadline).await;
        // 6. What was learnt nothing by is given back.
        ration.end(match &found {
            Ok(found) if found.access == Access::Full => Ending::FullAccess,
            Ok(_) => Ending::No,
            Err(_) => Ending::Transient,
        });
        let found = found?;
        let Question { account, key, .. } = pair.question();
        let standing = Standing { account: account.clone(), key: key.clone(), access: found.access, block: found.pin.into() };
        // 7. A full-access key is remembered, for a while after its block.
        self.keys.keep(&standing, found.pin.made_at(), (self.shared.clock)());
        Ok(Report { standing, endpoint: found.endpoint.host(), made_at: found.pin.made_at() })
    }
}
