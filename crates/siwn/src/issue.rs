//! What challenges are made with, and how that changes while people sign in.

use std::sync::Arc;
use std::time::Duration;

use crate::UnixMillis;
use crate::recipient::{Message, SiteError};
use crate::secret::{Keys, Secret};

/// How far ahead of the clock a challenge of another replica may be.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(10);
const SHORTEST_LIFETIME: Duration = Duration::from_secs(1);
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);

/// What a challenge is made with: a secret, the message and the lifetime. They change together, or not at all.
#[derive(Debug)]
pub struct Issue {
    pub(crate) keys: Keys,
    pub(crate) message: Message,
    pub(crate) lifetime: Duration,
}

/// The issue that makes challenges, and another one whose challenges are taken back too.
///
/// Processes that serve one site never change at the same moment. So a new issue is taken back everywhere before it makes the first
/// challenge anywhere: either by a time that all of them know ([`changing_to`](Self::changing_to)), or in steps that somebody takes
/// ([`also_accepting`](Self::also_accepting)).
#[derive(Clone, Debug)]
pub struct Issues {
    first: Arc<Issue>,
    second: Option<Second>,
}

#[derive(Clone, Debug)]
struct Second {
    issue: Arc<Issue>,
    /// From then on it makes the challenges. None: never.
    makes_from: Option<UnixMillis>,
}

impl Issue {
    /// Challenges with `message`, good for `lifetime` (1 second to 24 hours, whole milliseconds), under keys derived from `secret`.
    pub fn new(secret: &Secret, message: Message, lifetime: Duration) -> Result<Self, SiteError> {
        if !(SHORTEST_LIFETIME..=LONGEST_LIFETIME).contains(&lifetime) {
            return Err(SiteError::Lifetime);
        }
        let lifetime = Duration::from_millis(u64::try_from(lifetime.as_millis()).map_err(|_| SiteError::Lifetime)?);
        Ok(Self { keys: Keys::derive(secret), message, lifetime })
    }
}

impl Issues {
    /// One issue, and no other.
    #[must_use]
    pub fn new(issue: Issue) -> Self {
        Self { first: Arc::new(issue), second: None }
    }

    /// Takes back challenges of `second` too: the previous one after a change, the coming one before it.
    #[must_use]
    pub fn also_accepting(self, second: Issue) -> Self {
        Self { second: Some(Second { issue: Arc::new(second), makes_from: None }), ..self }
    }

    /// Takes back challenges of `next` at once, and makes challenges with it from `time` on. The present one is taken back until the last
    /// challenge that was made with it before `time` has expired.
    #[must_use]
    pub fn changing_to(self, next: Issue, time: UnixMillis) -> Self {
        Self { second: Some(Second { issue: Arc::new(next), makes_from: Some(time) }), ..self }
    }

    /// The one that makes a challenge now.
    pub(crate) fn making(&self, now: UnixMillis) -> &Issue {
        match &self.second {
            Some(Second { issue, makes_from: Some(time) }) if *time <= now => issue,
            _ => &self.first,
        }
    }

    /// Those whose challenges are taken back now.
    pub(crate) fn taken_back(&self, now: UnixMillis) -> impl Iterator<Item = &Arc<Issue>> {
        let first_is_over = self.second.as_ref().and_then(|second| second.makes_from).is_some_and(|time| {
            // Another process's clock may be behind.
            now >= time + self.first.lifetime + CLOCK_SKEW
        });
        let first = (!first_is_over).then_some(&self.first);
        first.into_iter().chain(self.second.as_ref().map(|second| &second.issue))
    }
}

impl From<Issue> for Issues {
    fn from(issue: Issue) -> Self {
        Self::new(issue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Recipient;

    const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);

    fn lives(lifetime: Duration) -> Result<Issue, SiteError> {
        let recipient: Recipient = "app.example".parse().unwrap();
        Issue::new(&Secret::from_bytes([1; 32]), Message::default_for(&recipient), lifetime)
    }

    #[test]
    fn a_lifetime_has_two_ends() {
        assert!(lives(SHORTEST_LIFETIME).is_ok() && lives(LONGEST_LIFETIME).is_ok());
        assert_eq!(lives(Duration::from_millis(999)).unwrap_err(), SiteError::Lifetime);
        assert_eq!(lives(LONGEST_LIFETIME + Duration::from_nanos(1)).unwrap_err(), SiteError::Lifetime);
    }

    #[test]
    fn the_next_issue_is_taken_back_before_it_makes_challenges_and_the_present_one_until_its_last_has_expired() {
        let [present, next] = [Duration::from_mins(5), Duration::from_mins(6)];
        let change = NOW + Duration::from_mins(10);
        let issues = Issues::new(lives(present).unwrap()).changing_to(lives(next).unwrap(), change);
        let makes = |now| issues.making(now).lifetime;
        let takes_back = |now| issues.taken_back(now).map(|issue| issue.lifetime).collect::<Vec<_>>();
        let before = UnixMillis::new(change.get() - 1);
        assert_eq!((makes(NOW), takes_back(NOW)), (present, vec![present, next]));
        assert_eq!((makes(before), makes(change)), (present, next));
        let over = change + present + CLOCK_SKEW;
        assert_eq!(takes_back(UnixMillis::new(over.get() - 1)), [present, next]);
        assert_eq!((makes(over), takes_back(over)), (next, vec![next]));
    }

    #[test]
    fn a_second_issue_without_a_time_never_makes_challenges() {
        let [first, second] = [Duration::from_mins(5), Duration::from_mins(6)];
        let issues = Issues::new(lives(first).unwrap()).also_accepting(lives(second).unwrap());
        let late = NOW + Duration::from_hours(10_000);
        assert_eq!(issues.making(late).lifetime, first);
        assert_eq!(issues.taken_back(late).count(), 2);
    }
}
