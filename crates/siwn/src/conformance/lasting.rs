//! What a store knows outlives the handle, and several handles are one store.

use super::{
    COPIES, Duration, KeyMemory, Opening, Renewal, START, Suite, TestClock, account, expect, is_alive, key, listed, open, session,
};

impl Suite {
    pub(super) async fn a_store_that_is_opened_again_has_forgotten_nothing(&self) {
        let (place, clock) = (self.place(), TestClock::at(START));
        let store = self.at(place, &clock).await;
        let generation = expect(store.generation());
        let used = START + Duration::from_secs(5);
        let mut alive = open(&*store, 1, |row| row.idle_lifetime = Some(Duration::from_mins(9))).await;
        let closed = open(&*store, 2, |_| ()).await;
        let cut_off = open(&*store, 3, |row| row.account = account("bob.near")).await;
        let spared = open(&*store, 4, |row| row.account = account("bob.near")).await;
        expect(store.renew(alive.id, Renewal { seen_at: Some(used), checked_at: Some(used) }).await);
        expect(store.close(closed.id).await);
        expect(store.close_all(&spared.account, None, Some(spared.id)).await);
        expect(store.block(&account("carol.near")).await);
        expect(store.remember_key(&alive.account, &key(7)).await);
        drop(store);

        let store = self.at(place, &clock).await;
        assert_eq!(expect(store.generation()), generation);
        (alive.seen_at, alive.checked_at) = (used, used);
        assert_eq!(expect(store.find(alive.id).await).as_ref(), Some(&alive));
        assert_eq!(expect(store.sessions(&alive.account).await), [alive]);
        assert!(!is_alive(&*store, &closed).await);
        assert!(!is_alive(&*store, &cut_off).await);
        assert_eq!(listed(&*store, "bob.near").await, [spared.id]);
        assert!(expect(store.is_blocked(&account("carol.near")).await));
        assert_eq!(expect(store.recall_key(&account("alice.near"), &key(7)).await), KeyMemory::Known);
        for challenge in 1..=4 {
            assert_eq!(expect(store.open(&session(&*store, challenge, 2)).await), Opening::AlreadySpent);
        }
    }

    pub(super) async fn what_one_handle_writes_the_other_reads(&self) {
        let (place, clock) = (self.place(), TestClock::at(START));
        let (one, other) = (self.at(place, &clock).await, self.at(place, &clock).await);
        assert_eq!(expect(one.generation()), expect(other.generation()));
        let first = open(&*one, 1, |_| ()).await;
        let second = open(&*other, 2, |_| ()).await;
        assert!(is_alive(&*other, &first).await && is_alive(&*one, &second).await);
        expect(other.close(first.id).await);
        assert!(!is_alive(&*one, &first).await);
        expect(one.close_all(&second.account, None, None).await);
        assert!(!is_alive(&*other, &second).await);
        let third = open(&*other, 3, |_| ()).await;
        assert!(is_alive(&*one, &third).await);
        expect(one.block(&third.account).await);
        assert_eq!(expect(other.open(&session(&*other, 4, 1)).await), Opening::Blocked);
    }

    pub(super) async fn of_copies_at_two_handles_one_wins(&self) {
        let (place, clock) = (self.place(), TestClock::at(START));
        let handles = [self.at(place, &clock).await, self.at(place, &clock).await];
        for challenge in 0..4 {
            let copies = (0..COPIES).map(|secret| session(&*handles[0], challenge, secret)).collect();
            assert_eq!(self.opened_at_once(&handles, copies).await, 1);
        }
    }
}
