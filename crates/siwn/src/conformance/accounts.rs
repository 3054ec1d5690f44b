//! The sessions of an account: lists, cut-offs, blocks.

use super::{
    Arc, BoxFuture, CHALLENGE, Duration, Opening, START, SessionId, SessionRow, Suite, account, expect, is_alive, just_before,
    listed, open, session, site,
};
use crate::store::{Counts, LISTED};

impl Suite {
    pub(super) async fn sessions_are_listed_newest_first(&self) {
        let (store, _) = self.store().await;
        let mut rows = Vec::new();
        for (challenge, second) in [(1, 5), (2, 1), (3, 9), (4, 3)] {
            rows.push(open(&*store, challenge, |row| row.created_at = START + Duration::from_secs(second)).await);
        }
        open(&*store, 5, |row| row.account = account("bob.near")).await;
        rows.sort_by_key(|row| std::cmp::Reverse(row.created_at));
        assert_eq!(expect(store.sessions(&account("alice.near")).await), rows, "whole rows");
        assert_eq!(listed(&*store, "carol.near").await, []);
    }

    pub(super) async fn a_list_holds_what_is_alive(&self) {
        let (store, clock) = self.store().await;
        let minute = Duration::from_mins(1);
        let closed = open(&*store, 1, |_| ()).await;
        let short = open(&*store, 2, |row| row.expires_at = START + minute).await;
        let unused = open(&*store, 3, |row| row.idle_lifetime = Some(minute)).await;
        let elsewhere = open(&*store, 4, |row| row.recipient = site("other.example")).await;
        let alive = open(&*store, 5, |_| ()).await;
        expect(store.close(closed.id).await);
        clock.set(START + minute);
        let mut ids = listed(&*store, "alice.near").await;
        ids.sort();
        assert_eq!(ids, [elsewhere.id, alive.id], "not {:?} nor {:?}", short.id, unused.id);
    }

    pub(super) async fn a_list_has_an_end(&self) {
        let (store, _) = self.store().await;
        let session = |number: usize| {
            let mut new = session(&*store, 1, 1);
            let mut id = *new.row.id.as_bytes();
            id[8..].copy_from_slice(&(number as u64).to_be_bytes());
            new.row.id = SessionId::from_bytes(id);
            new.row.created_at = START + Duration::from_millis(number as u64);
            new
        };
        let many: Vec<_> = (0..LISTED + 10).map(session).collect();
        let newest: Vec<_> = many.iter().rev().take(LISTED).map(|new| new.row.id).collect();
        assert_eq!(self.opened_at_once(&[Arc::clone(&store)], many).await, LISTED + 10);
        assert_eq!(listed(&*store, "alice.near").await, newest);
    }

    pub(super) async fn a_cut_off_ends_what_was_opened_before(&self) {
        let (store, _) = self.store().await;
        let before = [open(&*store, 1, |_| ()).await, open(&*store, 2, |row| row.recipient = site("other.example")).await];
        let bob = open(&*store, 3, |row| row.account = account("bob.near")).await;
        expect(store.close_all(&account("alice.near"), None, None).await);
        for row in &before {
            assert!(!is_alive(&*store, row).await);
        }
        assert_eq!(listed(&*store, "alice.near").await, []);
        assert!(is_alive(&*store, &bob).await, "another's session");
        let after = open(&*store, 4, |_| ()).await;
        assert!(is_alive(&*store, &after).await, "one that is opened afterwards, in the same millisecond");
        assert_eq!(listed(&*store, "alice.near").await, [after.id]);
    }

    pub(super) async fn a_cut_off_of_one_site_ends_no_other_sites_sessions(&self) {
        let (store, _) = self.store().await;
        let here = open(&*store, 1, |_| ()).await;
        let there = open(&*store, 2, |row| row.recipient = site("other.example")).await;
        expect(store.close_all(&here.account, Some(&here.recipient), None).await);
        assert!(!is_alive(&*store, &here).await);
        assert!(is_alive(&*store, &there).await);
        let again = open(&*store, 3, |_| ()).await;
        expect(store.close_all(&here.account, Some(&there.recipient), None).await);
        assert!(is_alive(&*store, &again).await);
        assert!(!is_alive(&*store, &there).await);
        expect(store.close_all(&here.account, None, None).await);
        assert!(!is_alive(&*store, &again).await);
    }

    pub(super) async fn a_cut_off_leaves_challenges_spent(&self) {
        let (store, clock) = self.store().await;
        let first = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&first).await), Opening::Opened);
        expect(store.close_all(&first.row.account, None, None).await);
        clock.set(just_before(START + CHALLENGE));
        assert_eq!(expect(store.open(&first).await), Opening::AlreadySpent, "not even by the same call");
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
        assert!(!is_alive(&*store, &first.row).await);
    }

    pub(super) async fn a_cut_off_does_not_depend_on_the_clock(&self) {
        let (store, clock) = self.store().await;
        clock.set(START + Duration::from_mins(1));
        let before = open(&*store, 1, |_| ()).await;
        clock.set(START);
        expect(store.close_all(&before.account, None, None).await);
        let after = open(&*store, 2, |_| ()).await;
        clock.set(START + Duration::from_mins(2));
        assert!(!is_alive(&*store, &before).await, "it was opened before, though the clock said otherwise");
        expect(store.close_all(&before.account, Some(&site("other.example")), None).await);
        clock.set(START);
        assert!(is_alive(&*store, &after).await);
    }

    pub(super) async fn cutting_off_what_is_not_there_is_no_fault(&self) {
        let (store, _) = self.store().await;
        let spared = session(&*store, 9, 1).row.id;
        for _ in 0..2 {
            expect(store.close_all(&account("alice.near"), None, Some(spared)).await);
        }
        let row = open(&*store, 1, |_| ()).await;
        assert!(is_alive(&*store, &row).await);
    }

    pub(super) async fn a_spared_session_goes_on_until_the_next_cut_off(&self) {
        let (store, _) = self.store().await;
        for recipient in [None, Some(site("app.example"))] {
            let number = u8::from(recipient.is_some()) * 10;
            let mine = open(&*store, number + 1, |_| ()).await;
            let others = [open(&*store, number + 2, |_| ()).await, open(&*store, number + 3, |_| ()).await];
            for _ in 0..2 {
                expect(store.close_all(&mine.account, recipient.as_ref(), Some(mine.id)).await);
                assert_eq!(listed(&*store, "alice.near").await, [mine.id]);
            }
            for other in &others {
                assert!(!is_alive(&*store, other).await);
            }
            assert_eq!(expect(store.find(mine.id).await).as_ref(), Some(&mine));
            expect(store.close_all(&mine.account, recipient.as_ref(), None).await);
            assert!(!is_alive(&*store, &mine).await);
        }
    }

    pub(super) async fn a_session_that_is_over_is_not_spared(&self) {
        let (store, clock) = self.store().await;
        let minute = Duration::from_mins(1);
        let cut_off = open(&*store, 1, |_| ()).await;
        let mine = open(&*store, 2, |_| ()).await;
        let closed = open(&*store, 3, |_| ()).await;
        let unused = open(&*store, 4, |row| row.idle_lifetime = Some(minute)).await;
        expect(store.close(closed.id).await);
        expect(store.close_all(&mine.account, None, Some(mine.id)).await);
        clock.set(START + minute);
        for row in [&cut_off, &closed, &unused] {
            expect(store.close_all(&mine.account, None, Some(row.id)).await);
            assert!(!is_alive(&*store, row).await);
        }
        assert!(!is_alive(&*store, &mine).await);
        clock.set(START);
        assert!(!is_alive(&*store, &unused).await, "it was not spared when it was over");
    }

    pub(super) async fn a_session_of_another_account_is_not_spared(&self) {
        let (store, _) = self.store().await;
        let mine = open(&*store, 1, |_| ()).await;
        let theirs = open(&*store, 2, |row| row.account = account("bob.near")).await;
        for _ in 0..3 {
            expect(store.close_all(&mine.account, None, Some(theirs.id)).await);
        }
        assert!(!is_alive(&*store, &mine).await);
        assert!(is_alive(&*store, &theirs).await, "it was not meant");
        expect(store.close_all(&theirs.account, None, None).await);
        assert!(!is_alive(&*store, &theirs).await, "and it is not out of reach");
    }

    pub(super) async fn of_sessions_that_end_each_other_at_most_one_is_left(&self) {
        let (store, _) = self.store().await;
        let mut rows = Vec::new();
        for challenge in 0..8 {
            rows.push(open(&*store, challenge, |_| ()).await);
        }
        let end_the_others = |row: &SessionRow| {
            let (store, row) = (Arc::clone(&store), row.clone());
            Box::pin(async move { expect(store.close_all(&row.account, Some(&row.recipient), Some(row.id)).await) })
                as BoxFuture<'static, ()>
        };
        self.at_once(rows.iter().map(end_the_others).collect()).await;
        let mut alive = Vec::new();
        for row in &rows {
            if is_alive(&*store, row).await {
                alive.push(row.id);
            }
        }
        assert!(alive.len() <= 1, "{alive:?}");
        assert_eq!(listed(&*store, "alice.near").await, alive);
    }

    pub(super) async fn a_blocked_account_has_no_sessions_and_opens_none(&self) {
        let (store, _) = self.store().await;
        let before = open(&*store, 1, |_| ()).await;
        let bob = open(&*store, 2, |row| row.account = account("bob.near")).await;
        expect(store.block(&before.account).await);
        assert!(expect(store.is_blocked(&before.account).await));
        assert!(!expect(store.is_blocked(&bob.account).await));
        assert!(!is_alive(&*store, &before).await);
        assert_eq!(listed(&*store, "alice.near").await, []);
        assert_eq!(expect(store.open(&session(&*store, 3, 1)).await), Opening::Blocked);
        assert_eq!(expect(store.find(session(&*store, 3, 1).row.id).await), None);
        assert!(is_alive(&*store, &bob).await, "nobody else is");

        expect(store.unblock(&before.account).await);
        assert!(!expect(store.is_blocked(&before.account).await));
        assert!(!is_alive(&*store, &before).await, "what the block ended stays ended");
        let after = open(&*store, 3, |_| ()).await;
        assert!(is_alive(&*store, &after).await, "no challenge was spent on the block");
    }

    pub(super) async fn blocking_twice_is_no_fault(&self) {
        let (store, _) = self.store().await;
        let alice = account("alice.near");
        expect(store.unblock(&alice).await);
        for _ in 0..2 {
            expect(store.block(&alice).await);
        }
        expect(store.close_all(&alice, None, None).await);
        assert!(expect(store.is_blocked(&alice).await), "ending sessions unblocks nobody");
        for _ in 0..2 {
            expect(store.unblock(&alice).await);
        }
        let row = open(&*store, 1, |_| ()).await;
        assert!(is_alive(&*store, &row).await);
    }

    pub(super) async fn a_store_counts_what_it_keeps(&self) {
        let (store, _) = self.store().await;
        assert_eq!(expect(store.counts().await), Counts::default());
        open(&*store, 1, |_| ()).await;
        open(&*store, 2, |_| ()).await;
        open(&*store, 3, |row| row.account = account("bob.near")).await;
        assert_eq!(expect(store.counts().await), Counts { sessions: 3, accounts: 2 });
    }

    pub(super) async fn a_store_that_works_says_so(&self) {
        let (store, _) = self.store().await;
        let before = expect(store.generation());
        for _ in 0..2 {
            expect(store.check().await);
        }
        assert_eq!(expect(store.counts().await), Counts::default(), "and is none the richer for it");
        assert_eq!(expect(store.generation()), before);
    }
}
