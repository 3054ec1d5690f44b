//! The memory store passes the suite, each check under its own name.

use std::sync::Arc;

use siwn::conformance::{CHECKS, Suite, TestClock, check_limits};
use siwn::{Generation, MemoryLimits, MemoryStore, PublicKey, Store as _, StoreError, UnixMillis};

#[tokio::test]
async fn memory_limits_count_as_limits_do() {
    check_limits(&MemoryLimits::new(1000), &TestClock::at(UnixMillis::new(0))).await;
}

#[tokio::test]
async fn a_store_without_room_for_another_account_says_so() {
    let store = MemoryStore::new(Generation::from_bytes([7; 16]), 1, || UnixMillis::new(0));
    let (alice, bob) = ("alice.near".parse().unwrap(), "bob.near".parse().unwrap());
    let key = PublicKey::from_ed25519([7; 32]);
    assert!(store.check().await.is_ok());
    store.remember_key(&alice, &key).await.unwrap();
    assert!(matches!(store.remember_key(&bob, &key).await, Err(StoreError::Full)));
    assert!(matches!(store.check().await, Err(StoreError::Full)));
}

async fn passes(name: &str) {
    let suite = Suite::new(
        |_, clock| {
            let store = MemoryStore::new(Generation::from_bytes([7; 16]), 2000, move || clock.now());
            Box::pin(async { Arc::new(store) as _ })
        },
        |task| {
            let task = tokio::spawn(task);
            Box::pin(async { task.await.expect("the task does not panic") })
        },
    );
    let check = CHECKS.iter().find(|check| check.name == name).expect("a check of the suite");
    check.run(&suite).await;
}

macro_rules! memory_passes {
    ($($check:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $check() {
                passes(stringify!($check)).await;
            }
        )*

        #[test]
        fn every_check_of_the_suite_is_run_here() {
            let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
            assert_eq!(names, [$(stringify!($check)),*]);
        }
    };
}

memory_passes![
    a_challenge_opens_one_session,
    asking_again_with_the_same_secret_tells_the_winner,
    of_many_copies_at_once_one_wins,
    of_many_calls_of_the_winner_all_win,
    distinct_challenges_do_not_disturb_each_other,
    a_challenge_ends_by_the_stores_clock,
    a_challenge_of_another_generation_is_refused,
    a_session_ends_by_the_stores_clock,
    a_row_reads_back_whole,
    a_closed_session_is_gone_and_its_challenge_stays_spent,
    closing_what_is_not_open_is_no_fault,
    a_short_session_leaves_its_challenge_spent,
    a_clock_that_goes_back_revives_no_challenge,
    a_session_that_was_never_alive_leaves_its_challenge_spent,
    a_session_that_is_not_used_ends_by_the_stores_clock,
    use_prolongs_a_session_but_not_past_its_end,
    a_renewal_moves_forward_only,
    a_renewal_revives_nothing,
    sessions_are_listed_newest_first,
    a_list_holds_what_is_alive,
    a_list_has_an_end,
    a_cut_off_ends_what_was_opened_before,
    a_cut_off_of_one_site_ends_no_other_sites_sessions,
    a_cut_off_leaves_challenges_spent,
    a_cut_off_does_not_depend_on_the_clock,
    cutting_off_what_is_not_there_is_no_fault,
    a_spared_session_goes_on_until_the_next_cut_off,
    a_session_that_is_over_is_not_spared,
    a_session_of_another_account_is_not_spared,
    of_sessions_that_end_each_other_at_most_one_is_left,
    a_blocked_account_has_no_sessions_and_opens_none,
    blocking_twice_is_no_fault,
    a_key_is_new_once,
    looking_for_a_key_remembers_nothing,
    of_many_first_uses_of_a_key_one_is_new,
    the_keys_that_were_used_last_are_remembered,
    signing_keys_are_kept_as_they_are,
    signing_keys_are_replaced_by_who_knows_them,
    of_many_new_signing_keys_at_once_one_wins,
    a_store_counts_what_it_keeps,
    a_store_that_works_says_so,
];
