//! Authorizations, and what contracts make of them: no arrangement of them authorizes what nobody signed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::{
    Access, AccessKeyAuthorization, AccessPolicy, AuthorizationPolicy, AuthorizedBy, Block, ChainAnswer, ChainAsk, ChainId,
    Expected, PinnedBlock, Resolution, ResolutionLimits, Timestamp,
};
use siwn_fuzz::{fields, within_allowance};

const BLOCK: PinnedBlock =
    PinnedBlock { block: Block { height: 1, hash: [1; 32] }, timestamp: Timestamp::from_unix_nanos(1_790_000_000_000_000_000) };

// The authorization, and what the contracts answer, one after the other. Every key stands.
fuzz_target!(|input: &[u8]| {
    let Some([authorization, answers @ ..]) = fields::<4>(input) else { return };
    let parsed = within_allowance(input.len(), || authorization.parse::<AccessKeyAuthorization>());
    if let Ok(parsed) = &parsed {
        let printed = parsed.to_string();
        assert_eq!(printed.parse().as_ref(), Ok(parsed), "another authorization");
        let _ = parsed.check_signature();
    }
    let account = parsed.as_ref().map_or_else(|_| "wallet.test".parse().expect("an account"), |it| it.message().signer_id.clone());
    let chain_id = parsed.as_ref().map_or_else(|_| ChainId::new("test"), |it| it.message().chain_id.clone());
    let limits = ResolutionLimits::new(2, 4).expect("limits");
    let policy = AuthorizationPolicy { limits, ..AuthorizationPolicy::new(chain_id) };
    let expected = Expected::Exactly("login".into());
    let Ok(resolution) = Resolution::new(policy, AccessPolicy::default(), account, authorization.into(), expected) else { return };

    let (mut asked, mut answers) = (0, answers.into_iter().filter(|answer| !answer.is_empty()));
    let resolved = resolution.ask_all(BLOCK, |ask| {
        asked += 1;
        Ok(match ask {
            ChainAsk::Key { .. } => ChainAnswer::Access(Access::Full),
            ChainAsk::Contract { .. } => {
                answers.next().map_or(ChainAnswer::NoContract, |answer| ChainAnswer::Returned(answer.as_bytes().to_vec()))
            }
        })
    });
    let resolved = resolved.expect("every question has an answer of its kind");
    assert!(asked <= 2 * (1 + limits.authorizations()), "{asked} questions");
    let Ok(authorized) = resolved.outcome() else { return };
    assert_eq!(authorized.payload, "login");
    if matches!(authorized.by, AuthorizedBy::Key(_)) {
        let parsed = parsed.expect("a key signed it");
        assert!(parsed.check_signature().is_ok() && parsed.message().path.is_empty(), "a forged authorization");
    }
});
