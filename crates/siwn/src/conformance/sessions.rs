//! How long a session lives, and what using it does.

use super::{
    Duration, Renewal, START, SessionRow, Suite, UnixMillis, account, expect, is_alive, just_before, listed, open, session,
};

const IDLE: Duration = Duration::from_mins(10);

impl Suite {
    pub(super) async fn a_session_that_is_not_used_ends_by_the_stores_clock(&self) {
        let (store, clock) = self.store().await;
        let row = open(&*store, 1, |row| row.idle_lifetime = Some(IDLE)).await;
        clock.set(just_before(START + IDLE));
        assert_eq!(expect(store.find(row.id).await), Some(row.clone()), "a millisecond before its end");
        clock.set(START + IDLE);
        assert!(!is_alive(&*store, &row).await, "at its end");
        assert_eq!(listed(&*store, "alice.near").await, []);
    }

    pub(super) async fn use_prolongs_a_session_but_not_past_its_end(&self) {
        let (store, clock) = self.store().await;
        let row = open(&*store, 1, |row| row.idle_lifetime = Some(IDLE)).await;
        let mut now = START;
        while now + IDLE < row.expires_at {
            now = just_before(now + IDLE);
            clock.set(now);
            expect(store.renew(row.id, seen(now)).await);
            assert_eq!(expect(store.find(row.id).await).map(|row| row.seen_at), Some(now));
        }
        clock.set(just_before(row.expires_at));
        assert!(is_alive(&*store, &row).await, "a millisecond before its end");
        clock.set(row.expires_at);
        assert!(!is_alive(&*store, &row).await, "at its end");
    }

    pub(super) async fn a_renewal_moves_forward_only(&self) {
        let (store, _) = self.store().await;
        let row = open(&*store, 1, |_| ()).await;
        let later = |seconds| START + Duration::from_secs(seconds);
        let times = async || expect(store.find(row.id).await).map(|row| (row.seen_at, row.checked_at));
        expect(store.renew(row.id, Renewal { seen_at: Some(later(20)), checked_at: None }).await);
        assert_eq!(times().await, Some((later(20), START)));
        expect(store.renew(row.id, Renewal { seen_at: Some(later(10)), checked_at: Some(later(15)) }).await);
        assert_eq!(times().await, Some((later(20), later(15))));
        expect(store.renew(row.id, Renewal { seen_at: None, checked_at: Some(later(5)) }).await);
        expect(store.renew(row.id, Renewal::default()).await);
        let expected = SessionRow { seen_at: later(20), checked_at: later(15), ..row.clone() };
        assert_eq!(expect(store.find(row.id).await), Some(expected), "all else is as it was");
    }

    pub(super) async fn a_renewal_revives_nothing(&self) {
        let (store, clock) = self.store().await;
        let idle = |row: &mut SessionRow| row.idle_lifetime = Some(IDLE);
        let unused = open(&*store, 1, idle).await;
        let closed = open(&*store, 2, idle).await;
        let other = open(&*store, 3, |row| row.account = account("bob.near")).await;
        expect(store.close(closed.id).await);
        expect(store.close_all(&other.account, None, None).await);
        clock.set(START + IDLE);
        for row in [&unused, &closed, &other] {
            let late = Renewal { seen_at: Some(START + IDLE), checked_at: Some(START + IDLE) };
            expect(store.renew(row.id, late).await);
            assert!(!is_alive(&*store, row).await);
        }
        expect(store.renew(session(&*store, 4, 1).row.id, seen(START)).await);
        clock.set(just_before(START + IDLE));
        let unused_again = expect(store.find(unused.id).await);
        assert_eq!(unused_again.map(|row| row.seen_at), Some(START), "it was left as it is");
    }
}

fn seen(at: UnixMillis) -> Renewal {
    Renewal { seen_at: Some(at), checked_at: None }
}
