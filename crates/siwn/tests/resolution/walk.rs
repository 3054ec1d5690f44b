//! The walk as its driver sees it: questions out, answers in.

use serde_json::json;
use siwn::{Access, AccountRefusal, AskId, ChainAnswer, ChainAsk, Resolution, Step, Walk};

use crate::ledger::{Asked, BLOCK, Ledger, PAYLOAD, key, message, panics, pending, returned, signed};

fn asks(walk: &mut Walk<'_>) -> Vec<(AskId, ChainAsk)> {
    let Step::Ask(asks) = walk.next() else { unreachable!("the walk is done") };
    asks
}

fn is_done(walk: &mut Walk<'_>) -> bool {
    matches!(walk.next(), Step::Done)
}

/// A wallet that wants `count` others to be asked.
fn wide(count: usize) -> (Resolution, ChainAnswer) {
    let pending = vec![pending("leaf.test", "x", PAYLOAD); count];
    let answer = returned(&json!({ "payload": PAYLOAD, "pending": pending }));
    (Asked::within(1, 16).resolution("wallet.test", "x").expect("it needs its contract"), answer)
}

#[test]
fn at_most_four_questions_are_under_way() {
    let (resolution, answer) = wide(16);
    let mut walk = resolution.start(BLOCK);
    let (first, _) = asks(&mut walk).remove(0);
    walk.answer(first, answer);
    let mut under_way = asks(&mut walk);
    let mut asked = under_way.len();
    while let Some((id, _)) = under_way.pop() {
        assert!(under_way.len() < 4);
        walk.answer(id, returned(&json!({ "payload": PAYLOAD })));
        if let Step::Ask(more) = walk.next() {
            asked += more.len();
            under_way.extend(more);
        }
    }
    assert_eq!(asked, 16);
    assert!(walk.finish().unwrap().outcome().is_ok());
}

#[test]
fn while_answers_are_awaited_there_is_nothing_to_ask() {
    let (resolution, answer) = wide(2);
    let mut walk = resolution.start(BLOCK);
    let (first, ask) = asks(&mut walk).remove(0);
    assert!(matches!(ask, ChainAsk::Contract { account, .. } if account.as_str() == "wallet.test"));
    assert!(asks(&mut walk).is_empty());
    walk.answer(first, answer);
    let both = asks(&mut walk);
    assert_eq!(both.len(), 2);
    walk.answer(both[1].0, returned(&json!({ "payload": PAYLOAD })));
    assert!(asks(&mut walk).is_empty());
    walk.answer(both[0].0, returned(&json!({ "payload": PAYLOAD })));
    assert!(is_done(&mut walk));
}

#[test]
fn the_first_refusal_ends_the_walk_and_no_later_answer_counts() {
    let (resolution, answer) = wide(2);
    let mut walk = resolution.start(BLOCK);
    let (first, _) = asks(&mut walk).remove(0);
    walk.answer(first, answer);
    let both = asks(&mut walk);
    walk.answer(both[0].0, panics("no"));
    assert!(is_done(&mut walk));
    walk.answer(both[1].0, returned(&json!({ "payload": PAYLOAD })));
    let resolved = walk.finish().unwrap();
    assert!(matches!(resolved.outcome(), Err(AccountRefusal::Authorization(_))), "{resolved:?}");
}

#[test]
fn a_walk_that_is_left_off_is_neither_a_yes_nor_a_no() {
    let (resolution, answer) = wide(2);
    assert!(resolution.start(BLOCK).finish().is_err());
    let mut walk = resolution.start(BLOCK);
    let (first, _) = asks(&mut walk).remove(0);
    walk.answer(first, answer);
    let both = asks(&mut walk);
    walk.answer(both[0].0, returned(&json!({ "payload": PAYLOAD })));
    assert!(walk.finish().is_err(), "one answer is missing");
}

#[test]
fn an_answer_that_belongs_to_no_question_is_neither_a_yes_nor_a_no() {
    let by_key = Asked::default().resolution("alice.test", &signed(message("alice.test", &[]), &key(1))).unwrap();
    for answer in [returned(&json!({ "payload": PAYLOAD })), ChainAnswer::NoContract, panics("no")] {
        let mut walk = by_key.start(BLOCK);
        let (id, _) = asks(&mut walk).remove(0);
        walk.answer(id, answer);
        assert!(is_done(&mut walk));
        assert!(walk.finish().is_err());
    }
    let (by_contract, answer) = wide(1);
    let mut walk = by_contract.start(BLOCK);
    let (id, _) = asks(&mut walk).remove(0);
    walk.answer(id, ChainAnswer::Access(Access::Full));
    assert!(walk.finish().is_err(), "a key's standing is no contract's answer");

    let mut walk = by_contract.start(BLOCK);
    let (id, _) = asks(&mut walk).remove(0);
    walk.answer(id, answer.clone());
    walk.answer(id, answer.clone());
    assert!(walk.finish().is_err(), "answered twice");

    let mut walk = by_contract.start(BLOCK);
    let (first, _) = asks(&mut walk).remove(0);
    walk.answer(first, answer);
    let (below, _) = asks(&mut walk).remove(0);
    let mut another = by_contract.start(BLOCK);
    let _ = asks(&mut another);
    another.answer(below, returned(&json!({ "payload": PAYLOAD })));
    assert!(another.finish().is_err(), "another walk's question");
}

#[test]
fn an_answer_before_its_question_is_none() {
    let (resolution, answer) = wide(1);
    let mut walk = resolution.start(BLOCK);
    let (id, _) = asks(&mut walk).remove(0);
    let mut eager = resolution.start(BLOCK);
    eager.answer(id, answer);
    assert!(eager.finish().is_err());
}

#[test]
fn what_is_resolved_says_which_question_it_answers() {
    let alice = signed(message("alice.test", &[]), &key(1));
    let asked = Asked::default();
    let resolution = asked.resolution("alice.test", &alice).unwrap();
    let resolved = Ledger::default().key("alice.test", &key(1)).resolve(&resolution);
    assert!(resolved.answers(&resolution) && resolved.answers(&asked.resolution("alice.test", &alice).unwrap()));
    assert_eq!((resolved.account().as_str(), resolved.block()), ("alice.test", BLOCK.block));
    assert!(!resolved.answers(&asked.resolution("bob.test", &alice).unwrap()));
    assert!(!resolved.answers(&asked.resolution("alice.test", &format!("{alice} ")).unwrap()));
    assert!(!resolved.answers(&Asked::within(2, 4).resolution("alice.test", &alice).unwrap()));
    let anything = Asked { expected: siwn::Expected::Anything, ..asked };
    assert!(!resolved.answers(&anything.resolution("alice.test", &alice).unwrap()));
}

#[test]
fn debug_shows_no_authorization() {
    let (resolution, _) = wide(1);
    let secret = Asked::default().resolution("wallet.test", "whoever has this is let in").unwrap();
    let mut walk = secret.start(BLOCK);
    let shown = format!("{secret:?} {walk:?} {:?} {resolution:?}", walk.next());
    assert!(shown.contains("wallet.test") && !shown.contains("whoever"), "{shown}");
}

#[test]
fn an_outage_of_the_chain_is_handed_on() {
    let (resolution, _) = wide(1);
    let error = resolution.ask_all(BLOCK, |_| Err(siwn::ChainError::new("no node answers", None))).unwrap_err();
    assert!(!error.is_limited());
}
