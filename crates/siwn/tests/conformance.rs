//! The memory store passes the suite, each check under its own name.

use std::sync::Arc;

use siwn::conformance::{CHECKS, Suite};
use siwn::{Generation, MemoryStore};

async fn passes(name: &str) {
    let suite = Suite::new(
        |clock| {
            let store = MemoryStore::new(Generation::from_bytes([7; 16]), 1000, move || clock.now());
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
];
