//! Whatever contracts answer, a walk ends, costs no more than it may, and authorizes nothing but what was asked for.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use siwn::{
    Access, AccessPolicy, AuthorizationPolicy, Block, ChainAnswer, ChainAsk, ChainId, Expected, PinnedBlock, Quoted, Resolution,
    ResolutionLimits, Step, Timestamp,
};

const BLOCK: PinnedBlock = PinnedBlock { block: Block { height: 1, hash: [1; 32] }, timestamp: Timestamp::from_unix_nanos(0) };

fn payloads() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("login"), 1 => Just("logout")]
}

fn pending() -> impl Strategy<Value = Value> {
    let entry = |(account, expect): (String, &str)| json!({ "account_id": account, "authorization": "{}", "expect": expect });
    ("[ab]{2}", payloads()).prop_map(entry)
}

fn answers() -> impl Strategy<Value = ChainAnswer> {
    let returned = (payloads(), vec(pending(), 0..4))
        .prop_map(|(payload, pending)| json!({ "payload": payload, "pending": pending }).to_string().into_bytes());
    prop_oneof![
        20 => returned.prop_map(ChainAnswer::Returned),
        1 => vec(any::<u8>(), 0..40).prop_map(ChainAnswer::Returned),
        1 => Just(ChainAnswer::NoContract),
        1 => Just(ChainAnswer::NoAccount),
        1 => any::<String>().prop_map(|text| ChainAnswer::Failed(Quoted::reason(&text))),
        1 => Just(ChainAnswer::Access(Access::Full)),
    ]
}

fn limits() -> impl Strategy<Value = ResolutionLimits> {
    (0usize..=4, 0usize..=16).prop_filter_map("limits", |(depth, most)| ResolutionLimits::new(depth, most).ok())
}

proptest! {
    #[test]
    fn a_walk_over_hostile_contracts_ends_within_its_limits(
        limits in limits(), answers in vec(answers(), 1..40), order in vec(any::<prop::sample::Index>(), 40)
    ) {
        let policy = AuthorizationPolicy { limits, ..AuthorizationPolicy::new(ChainId::new("test")) };
        let expected = Expected::Exactly("login".into());
        let resolution = Resolution::new(policy, AccessPolicy::default(), "aa".parse().unwrap(), "{}".into(), expected).unwrap();
        let mut walk = resolution.start(BLOCK);
        let (mut answers, mut order) = (answers.iter().cycle(), order.iter().cycle());
        let (mut under_way, mut asked) = (Vec::new(), 0);
        while let Step::Ask(asks) = walk.next() {
            asked += asks.len();
            under_way.extend(asks);
            prop_assert!((1..=limits.concurrency()).contains(&under_way.len()));
            let (id, ask) = under_way.swap_remove(order.next().unwrap().index(under_way.len()));
            prop_assert!(matches!(ask, ChainAsk::Contract { .. }), "no key signed anything");
            walk.answer(id, answers.next().unwrap().clone());
        }
        prop_assert!(asked <= 1 + limits.authorizations());
        if let Ok(resolved) = walk.finish() && let Ok(authorized) = resolved.outcome() {
            prop_assert_eq!(authorized.payload.as_str(), "login");
        }
    }
}
