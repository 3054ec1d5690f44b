//! A challenge opens one session, until it ends, and its row tells the truth.

use super::{
    Arc, CHALLENGE, COPIES, ClientLabel, Duration, GUARD, Generation, NewSession, Opening, PublicKey, SESSION, START, SessionRow,
    Suite, UnixMillis, account, expect, just_before, listed, open, session, site,
};

impl Suite {
    pub(super) async fn a_challenge_opens_one_session(&self) {
        let (store, _) = self.store().await;
        let first = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&first).await), Opening::Opened);
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
        assert_eq!(expect(store.find(first.row.id).await), Some(first.row), "the first one's session stands");
    }

    pub(super) async fn asking_again_with_the_same_secret_tells_the_winner(&self) {
        let (store, _) = self.store().await;
        let winner = session(&*store, 1, 1);
        for _ in 0..3 {
            assert_eq!(expect(store.open(&winner).await), Opening::Opened);
        }
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
    }

    pub(super) async fn of_many_copies_at_once_one_wins(&self) {
        let (store, _) = self.store().await;
        for challenge in 0..8 {
            let copies = (0..COPIES).map(|secret| session(&*store, challenge, secret)).collect();
            assert_eq!(self.opened_at_once(&[Arc::clone(&store)], copies).await, 1);
        }
    }

    pub(super) async fn of_many_calls_of_the_winner_all_win(&self) {
        let (store, _) = self.store().await;
        let calls = (0..COPIES).map(|_| session(&*store, 1, 1)).collect();
        assert_eq!(self.opened_at_once(&[Arc::clone(&store)], calls).await, usize::from(COPIES));
    }

    pub(super) async fn distinct_challenges_do_not_disturb_each_other(&self) {
        let (store, _) = self.store().await;
        let all: Vec<_> = (0..COPIES).map(|challenge| session(&*store, challenge, challenge)).collect();
        assert_eq!(self.opened_at_once(&[Arc::clone(&store)], all.clone()).await, usize::from(COPIES));
        for session in all {
            assert_eq!(expect(store.find(session.row.id).await), Some(session.row));
        }
    }

    pub(super) async fn a_challenge_ends_by_the_stores_clock(&self) {
        let (store, clock) = self.store().await;
        let end = START + CHALLENGE;
        clock.set(UnixMillis::new(end.get() - 1));
        assert_eq!(expect(store.open(&session(&*store, 1, 1)).await), Opening::Opened, "a millisecond before its end");
        clock.set(end);
        assert_eq!(expect(store.open(&session(&*store, 2, 1)).await), Opening::ChallengeExpired, "at its end");
        assert_eq!(expect(store.find(session(&*store, 2, 1).row.id).await), None, "nothing was opened");
    }

    pub(super) async fn a_challenge_of_another_generation_is_refused(&self) {
        let (store, _) = self.store().await;
        let mut other = expect(store.generation()).as_bytes().to_owned();
        other[0] ^= 1;
        let foreign = NewSession { generation: Generation::from_bytes(other), ..session(&*store, 1, 1) };
        assert_eq!(expect(store.open(&foreign).await), Opening::OtherGeneration);
        assert_eq!(expect(store.find(foreign.row.id).await), None);
        assert_eq!(expect(store.open(&session(&*store, 1, 1)).await), Opening::Opened, "nothing was spent");
    }

    pub(super) async fn a_session_ends_by_the_stores_clock(&self) {
        let (store, clock) = self.store().await;
        let session = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&session).await), Opening::Opened);
        clock.set(UnixMillis::new((START + SESSION).get() - 1));
        assert!(expect(store.find(session.row.id).await).is_some(), "a millisecond before its end");
        clock.set(START + SESSION);
        assert_eq!(expect(store.find(session.row.id).await), None, "at its end");
    }

    pub(super) async fn a_row_reads_back_whole(&self) {
        let (store, _) = self.store().await;
        let keys = [Some(PublicKey::from_ed25519([7; 32])), Some(PublicKey::from_secp256k1([9; 64])), None];
        for (challenge, key) in (0..).zip(keys) {
            let mut session = session(&*store, challenge, 1);
            session.row = SessionRow { key, ..every_field_different(session.row) };
            assert_eq!(expect(store.open(&session).await), Opening::Opened);
            assert_eq!(expect(store.find(session.row.id).await), Some(session.row));
        }
        #[cfg(feature = "ml-dsa")]
        {
            let mut session = session(&*store, 9, 1);
            session.row.key = Some(PublicKey::from_ml_dsa_65([5; 1952]));
            assert_eq!(expect(store.open(&session).await), Opening::Opened);
            assert_eq!(expect(store.find(session.row.id).await), Some(session.row));
        }
    }

    pub(super) async fn a_closed_session_is_gone_and_its_challenge_stays_spent(&self) {
        let (store, clock) = self.store().await;
        let session = session(&*store, 1, 1);
        assert_eq!(expect(store.open(&session).await), Opening::Opened);
        expect(store.close(session.row.id).await);
        assert_eq!(expect(store.find(session.row.id).await), None);
        assert_eq!(expect(store.open(&session).await), Opening::AlreadySpent, "not even by the same call");
        clock.set(UnixMillis::new((START + CHALLENGE).get() - 1));
        assert_eq!(expect(store.open(&session).await), Opening::AlreadySpent, "up to the challenge's end");
    }

    pub(super) async fn closing_what_is_not_open_is_no_fault(&self) {
        let (store, _) = self.store().await;
        let session = session(&*store, 1, 1);
        expect(store.close(session.row.id).await);
        assert_eq!(expect(store.open(&session).await), Opening::Opened, "closing the unknown spends nothing");
        for _ in 0..2 {
            expect(store.close(session.row.id).await);
        }
        assert_eq!(expect(store.find(session.row.id).await), None);
    }

    pub(super) async fn a_short_session_leaves_its_challenge_spent(&self) {
        let (store, clock) = self.store().await;
        let mut short = session(&*store, 1, 1);
        short.row.expires_at = START + Duration::from_secs(1);
        assert_eq!(expect(store.open(&short).await), Opening::Opened);
        clock.set(START + Duration::from_secs(2));
        // Something else is opened meanwhile: a moment at which a store may prune.
        assert_eq!(expect(store.open(&session(&*store, 2, 1)).await), Opening::Opened);
        assert_eq!(expect(store.find(short.row.id).await), None, "the session is over");
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent, "the challenge is spent");
    }

    /// What a [`ReplayGuard`](crate::ReplayGuard) leaves.
    pub(super) async fn a_session_that_was_never_alive_leaves_its_challenge_spent(&self) {
        let (store, clock) = self.store().await;
        let never = UnixMillis::new(0);
        let dead = |secret| {
            let row = session(&*store, 1, secret).row;
            NewSession {
                row: SessionRow { created_at: never, expires_at: never, seen_at: never, ..row },
                ..session(&*store, 1, secret)
            }
        };
        assert_eq!(expect(store.open(&dead(1)).await), Opening::Opened);
        assert!(expect(store.find(dead(1).row.id).await).is_none());
        let alive = open(&*store, 2, |_| {}).await;
        assert_eq!(listed(&*store, "alice.near").await, [alive.id]);
        assert_eq!(expect(store.open(&dead(2)).await), Opening::AlreadySpent);
        clock.set(just_before(START + CHALLENGE));
        assert_eq!(expect(store.open(&dead(2)).await), Opening::AlreadySpent);
    }

    pub(super) async fn a_clock_that_goes_back_revives_no_challenge(&self) {
        let (store, clock) = self.store().await;
        let short = NewSession { row: SessionRow { expires_at: START, ..session(&*store, 1, 1).row }, ..session(&*store, 1, 1) };
        assert_eq!(expect(store.open(&short).await), Opening::Opened);
        // The clock reaches the challenge's end, something is opened, and the clock is set back by less than the guard.
        clock.set(START + CHALLENGE);
        let mut later = session(&*store, 2, 1);
        later.challenge_expires_at = START + CHALLENGE + CHALLENGE;
        assert_eq!(expect(store.open(&later).await), Opening::Opened);
        clock.set(UnixMillis::new((START + CHALLENGE).get() - GUARD.as_secs() * 1000 + 1));
        assert_eq!(expect(store.open(&session(&*store, 1, 2)).await), Opening::AlreadySpent);
    }
}

/// Whatever is left out or mixed up when it is stored shows.
fn every_field_different(row: SessionRow) -> SessionRow {
    let later = |millis| START + Duration::from_millis(millis);
    SessionRow {
        recipient: site(&"r".repeat(253)),
        account: account(&"a".repeat(64)),
        client: ClientLabel::new(&[b'"', b'\'', b'\\', b'\n', 0xff]),
        created_at: later(1),
        expires_at: later(1_000_002),
        idle_lifetime: Some(Duration::from_millis(1_000_003)),
        seen_at: later(4),
        checked_at: later(5),
        ..row
    }
}
