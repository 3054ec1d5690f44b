//! What happens while others are asked: a store that fails, a clock that goes on.

use siwn::{Access, LoginError, StoreError, Unavailable};

use crate::support::{Fault, LIFETIME, NOW, Stage, standing};

#[tokio::test]
async fn a_lost_answer_of_the_store_is_asked_for_again_and_the_winner_is_told() {
    for fault in [Fault::AnswerLost, Fault::RequestLost] {
        let stage = Stage::new();
        let token = stage.token(&stage.begin());
        stage.store.fails([fault]);
        let signed_in = stage.finish(token.clone()).await.unwrap();
        assert_eq!(stage.sessions().find(&signed_in.token, NOW).await.unwrap(), Some(signed_in.session), "{fault:?}");
        assert_eq!(stage.store.inserts(), 2);
        assert_eq!(stage.finish(token).await.unwrap_err().code(), "challenge_used", "one session, not two");
    }
}

#[tokio::test]
async fn a_loser_whose_answer_was_lost_is_told_too() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.finish(token.clone()).await.unwrap();
    stage.store.fails([Fault::AnswerLost]);
    assert_eq!(stage.finish(token).await.unwrap_err().code(), "challenge_used");
}

#[tokio::test]
async fn where_it_stays_unknown_the_client_starts_over() {
    for faults in [
        [Fault::AnswerLost, Fault::AnswerLost],
        [Fault::RequestLost, Fault::RequestLost],
        [Fault::AnswerLost, Fault::Unavailable],
        [Fault::AnswerLost, Fault::Full],
        [Fault::RequestLost, Fault::Unavailable],
    ] {
        let stage = Stage::new();
        let token = stage.token(&stage.begin());
        stage.store.fails(faults);
        let error = stage.finish(token).await.unwrap_err();
        assert!(matches!(error, LoginError::Unavailable(Unavailable::StartOver(_))), "{error:?}");
        assert_eq!(error.code(), "start_over");
        stage.finish(stage.token(&stage.begin())).await.expect("a new challenge works");
    }
}

#[tokio::test]
async fn a_full_or_absent_store_is_not_a_no_and_burns_nothing() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    stage.store.fails([Fault::Full, Fault::Unavailable]);
    let error = stage.finish(token.clone()).await.unwrap_err();
    assert!(matches!(error, LoginError::Unavailable(Unavailable::Store(StoreError::Full))), "{error:?}");
    assert_eq!(error.code(), "store_unavailable");
    let error = stage.finish(token.clone()).await.unwrap_err();
    assert!(matches!(error, LoginError::Unavailable(Unavailable::Store(StoreError::Unavailable(_)))), "{error:?}");
    assert_eq!(error.code(), "store_unavailable");
    stage.finish(token).await.expect("the same token works when there is room");
}

#[tokio::test]
async fn a_challenge_that_expires_while_the_chain_is_asked_is_refused_by_the_stores_clock() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    let clock = stage.clock.clone();
    stage.chain.answers(move |question| {
        clock.set(NOW + LIFETIME);
        Ok(standing(question, Access::Full))
    });
    let error = stage.finish(token).await.unwrap_err();
    assert!(matches!(error, LoginError::Refused(siwn::Refusal::ExpiredMeanwhile)), "{error:?}");
    assert_eq!((error.code(), stage.store.inserts()), ("challenge_expired", 1));
}

#[tokio::test]
async fn a_store_that_loses_its_memory_while_the_chain_is_asked_lets_nobody_in() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    let store = stage.store.clone();
    stage.chain.answers(move |question| {
        store.restarts();
        Ok(standing(question, Access::Full))
    });
    let error = stage.finish(token).await.unwrap_err();
    assert!(matches!(error, LoginError::Refused(siwn::Refusal::Forgotten)), "{error:?}");
    assert_eq!((error.code(), stage.store.inserts()), ("challenge_unknown", 1));
}
