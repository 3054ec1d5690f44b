//! On whose behalf the chain is asked.

use std::sync::mpsc;
use std::time::Duration;

use siwn::{Access, Asker, Binding, ChainError, Client, LoginError, SessionId, SessionSecret, Unavailable};

use crate::support::{NOW, Stage, standing};

#[tokio::test]
async fn the_chain_learns_on_whose_behalf_it_is_asked() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    let id = SessionId::from_bytes(*token.to_fields().nonce.as_bytes().first_chunk().unwrap());
    let client = Client { address: Some([192, 0, 2, 1].into()), ..Binding::unbound().into() };
    let (sender, seen) = mpsc::channel();
    stage.chain.answers(move |question| {
        sender.send(question.asker).unwrap();
        Ok(standing(question, Access::Full))
    });
    stage.login.finish(token.into(), &client, NOW, SessionSecret::from_bytes([1; 32])).await.unwrap();
    let asker = seen.recv().unwrap();
    assert_eq!(asker, Asker::of(id, client.address));
    assert_eq!((asker.challenge(), asker.client()), (Some(id), client.address));
}

#[tokio::test]
async fn a_ration_that_is_used_up_is_neither_a_no_nor_an_outage() {
    let stage = Stage::new();
    let token = stage.token(&stage.begin());
    let after = Duration::from_secs(40);
    stage.chain.answers(move |_| Err(ChainError::limited(after)));
    let error = stage.finish(token.clone()).await.unwrap_err();
    assert_eq!(error.code(), "too_many_questions");
    assert!(matches!(error, LoginError::Unavailable(Unavailable::Limited { retry_after }) if retry_after == after), "{error:?}");
    stage.chain.says(Access::Full);
    stage.finish(token).await.expect("nothing was spent");
}
