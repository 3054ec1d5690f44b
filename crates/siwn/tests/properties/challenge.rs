//! A challenge is good for what it was issued for, and for nothing else.

use std::time::Duration;

use proptest::prelude::*;
use siwn::{
    Binding, Challenge, ChallengeError, Generation, Issue, Issues, Message, Nonce, OwnChallenge, Recipient, Returned, Secret, Site,
    UnixMillis,
};

/// Everything that a challenge is good for.
#[derive(Clone, Debug)]
struct World {
    recipient: &'static str,
    message: &'static str,
    lifetime: Duration,
    generation: [u8; 16],
    binding: Binding,
    secret: [u8; 32],
}

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const RECIPIENTS: [&str; 2] = ["app.example", "other.example"];
/// Both name both recipients, so that either may be combined with either.
const MESSAGES: [&str; 2] = ["Sign in to app.example or other.example", "Sign in to other.example or app.example"];

impl World {
    fn issue(&self) -> Issue {
        let recipient: Recipient = self.recipient.parse().expect("a recipient");
        let message = Message::new(self.message, &recipient).expect("a message");
        Issue::new(&Secret::from_bytes(self.secret), message, self.lifetime).expect("an issue")
    }

    fn site(&self) -> Site {
        Site::new(self.recipient.parse().expect("a recipient"), self.issue())
    }

    fn challenge(&self, random: [u8; 8]) -> Challenge {
        Challenge::issue(&self.site(), Generation::from_bytes(self.generation), &self.binding, NOW, random)
    }

    fn judge(&self, returned: Returned<'_>, now: UnixMillis) -> Result<(), ChallengeError> {
        self.judge_at(&self.site(), returned, now)
    }

    fn judge_at(&self, site: &Site, returned: Returned<'_>, now: UnixMillis) -> Result<(), ChallengeError> {
        OwnChallenge::judge(site, returned, Generation::from_bytes(self.generation), &self.binding, now).map(|_| ())
    }
}

fn bindings() -> impl Strategy<Value = Binding> {
    let browser = any::<[u8; 32]>().prop_map(|cookie| Binding::browser(&cookie));
    let origin = "https://[a-z]{1,12}\\.example".prop_map(|text| Binding::origin(&text.parse().expect("an origin")));
    prop_oneof![Just(Binding::unbound()), browser, origin]
}

prop_compose! {
    fn worlds()(
        recipient in prop::sample::select(&RECIPIENTS[..]),
        message in prop::sample::select(&MESSAGES[..]),
        lifetime in 1_000u64..=86_400_000,
        generation: [u8; 16],
        binding in bindings(),
        secret: [u8; 32],
    ) -> World {
        World { recipient, message, lifetime: Duration::from_millis(lifetime), generation, binding, secret }
    }
}

fn with_bit_flipped<const N: usize>(mut bytes: [u8; N], bit: prop::sample::Index) -> [u8; N] {
    let bit = bit.index(8 * N);
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn the_other<'a>(of: &[&'a str; 2], than: &str) -> &'a str {
    if of[0] == than { of[1] } else { of[0] }
}

fn nonce_of(challenge: &Challenge) -> Returned<'_> {
    Returned { nonce: &challenge.nonce, state: None }
}

fn moved(time: UnixMillis, by_millis: i64) -> UnixMillis {
    UnixMillis::new(time.get().saturating_add_signed(by_millis))
}

proptest! {
    #[test]
    fn a_challenge_accepts_its_own(world in worlds(), random: [u8; 8]) {
        let challenge = world.challenge(random);
        prop_assert_eq!(world.judge(nonce_of(&challenge), NOW), Ok(()));
        let with_state = Returned { nonce: &challenge.nonce, state: Some(&challenge.state) };
        prop_assert_eq!(world.judge(with_state, NOW), Ok(()));
        prop_assert!(challenge.state.len() >= 22);
    }

    #[test]
    fn a_challenge_is_refused_under_every_change(
        world in worlds(),
        random: [u8; 8],
        other_binding in bindings(),
        bit: prop::sample::Index,
    ) {
        let challenge = world.challenge(random);
        let millis = u64::try_from(world.lifetime.as_millis()).unwrap();
        let lifetime = Duration::from_millis(if millis > 1_000 { millis - 1 } else { millis + 1 });
        let mut changed = vec![
            World { recipient: the_other(&RECIPIENTS, world.recipient), ..world.clone() },
            World { message: the_other(&MESSAGES, world.message), ..world.clone() },
            World { lifetime, ..world.clone() },
            World { generation: with_bit_flipped(world.generation, bit), ..world.clone() },
            World { secret: with_bit_flipped(world.secret, bit), ..world.clone() },
        ];
        if other_binding != world.binding {
            changed.push(World { binding: other_binding, ..world.clone() });
        }
        for other in changed {
            prop_assert_eq!(other.judge(nonce_of(&challenge), NOW), Err(ChallengeError::NotOurs), "{:?}", other);
        }
    }

    #[test]
    fn a_binding_is_of_one_kind_and_one_value(world in worlds(), random: [u8; 8], cookie: [u8; 32], bit: prop::sample::Index) {
        let bindings = [
            Binding::unbound(),
            Binding::browser(&cookie),
            Binding::browser(&with_bit_flipped(cookie, bit)),
            Binding::origin(&"https://app.example".parse().unwrap()),
            Binding::origin(&"https://other.example".parse().unwrap()),
        ];
        for issued_to in &bindings {
            let challenge = World { binding: issued_to.clone(), ..world.clone() }.challenge(random);
            for presented_by in &bindings {
                let verdict = World { binding: presented_by.clone(), ..world.clone() }.judge(nonce_of(&challenge), NOW);
                prop_assert_eq!(verdict.is_ok(), issued_to == presented_by, "{:?} for {:?}", presented_by, issued_to);
            }
        }
    }

    #[test]
    fn no_bit_of_the_nonce_may_change(world in worlds(), random: [u8; 8]) {
        let challenge = world.challenge(random);
        for bit in 0..256 {
            let mut nonce = *challenge.nonce.as_bytes();
            nonce[bit / 8] ^= 1 << (bit % 8);
            let nonce = Nonce::from_bytes(nonce);
            prop_assert_eq!(world.judge(Returned { nonce: &nonce, state: None }, NOW), Err(ChallengeError::NotOurs), "bit {}", bit);
        }
    }

    #[test]
    fn a_state_that_is_present_is_the_challenges(world in worlds(), random: [u8; 8], other: [u8; 8], garbage in ".{0,30}") {
        prop_assume!(random != other);
        let (challenge, other) = (world.challenge(random), world.challenge(other));
        let upper = challenge.state.to_uppercase();
        for state in ["", &garbage, &other.state, &challenge.state[..21], &format!("{}=", challenge.state), &upper] {
            if state != challenge.state {
                let returned = Returned { nonce: &challenge.nonce, state: Some(state) };
                prop_assert_eq!(world.judge(returned, NOW), Err(ChallengeError::State), "{:?}", state);
            }
        }
    }

    #[test]
    fn a_second_issue_is_accepted_too_and_no_third(world in worlds(), random: [u8; 8], [secret, third]: [[u8; 32]; 2]) {
        prop_assume!(secret != world.secret && third != world.secret && third != secret);
        let message = the_other(&MESSAGES, world.message);
        let previous = World { secret, message, lifetime: Duration::from_mins(1), ..world.clone() };
        let issues = Issues::new(world.issue()).also_accepting(previous.issue());
        let site = Site::new(world.recipient.parse().expect("a recipient"), issues);
        for of in [&world, &previous] {
            let challenge = of.challenge(random);
            prop_assert_eq!(world.judge_at(&site, nonce_of(&challenge), NOW), Ok(()));
            let ended = Returned { nonce: &challenge.nonce, state: Some(&challenge.state) };
            prop_assert_eq!(
                world.judge_at(&site, ended, NOW + of.lifetime),
                Err(ChallengeError::Expired { ago: Duration::ZERO }),
                "each by its own lifetime"
            );
        }
        let foreign = World { secret: third, ..world.clone() }.challenge(random);
        prop_assert_eq!(world.judge_at(&site, nonce_of(&foreign), NOW), Err(ChallengeError::NotOurs));
        // Half of one issue and half of the other is neither.
        let mixed = World { secret, ..world.clone() }.challenge(random);
        prop_assert_eq!(world.judge_at(&site, nonce_of(&mixed), NOW), Err(ChallengeError::NotOurs));
        let issued = Challenge::issue(&site, Generation::from_bytes(world.generation), &world.binding, NOW, random);
        prop_assert_eq!(issued, world.challenge(random), "the first issue is the one that signs");
    }

    #[test]
    fn expiry_is_exact(world in worlds(), random: [u8; 8], late in 0u64..1_000_000) {
        let challenge = world.challenge(random);
        let end = NOW + world.lifetime;
        prop_assert_eq!(challenge.expires_at, end);
        prop_assert_eq!(world.judge(nonce_of(&challenge), moved(end, -1)), Ok(()), "its last millisecond");
        for late in [Duration::ZERO, Duration::from_millis(late)] {
            prop_assert_eq!(world.judge(nonce_of(&challenge), end + late), Err(ChallengeError::Expired { ago: late }));
        }
    }

    #[test]
    fn ten_seconds_ahead_are_good_and_no_more(world in worlds(), random: [u8; 8]) {
        let challenge = world.challenge(random);
        prop_assert_eq!(world.judge(nonce_of(&challenge), moved(NOW, -10_000)), Ok(()));
        let ahead = Duration::from_millis(10_001);
        prop_assert_eq!(world.judge(nonce_of(&challenge), moved(NOW, -10_001)), Err(ChallengeError::Ahead { ahead }));
    }

    #[test]
    fn an_arbitrary_nonce_is_nobodys(world in worlds(), nonce: [u8; 32], state in prop::option::of(".{0,30}")) {
        let nonce = Nonce::from_bytes(nonce);
        let returned = Returned { nonce: &nonce, state: state.as_deref() };
        prop_assert_eq!(world.judge(returned, NOW), Err(ChallengeError::NotOurs));
    }

    #[test]
    fn distinct_random_bytes_make_distinct_challenges(world in worlds(), [one, other]: [[u8; 8]; 2]) {
        prop_assume!(one != other);
        let (one, other) = (world.challenge(one), world.challenge(other));
        prop_assert_ne!(one.nonce, other.nonce);
        prop_assert_ne!(one.state, other.state);
    }
}
