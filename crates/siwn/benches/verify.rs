//! What a token costs, from its text to the verdict, and each part of that.
//!
//! Every case is measured in every round, in rotating order, and held against a bare ed25519 verification (key bytes to verdict) of
//! the same round. Of a round counts the quickest of several short slices, so that what else the machine does stays out. The table
//! gives medians over the rounds: the time, and the ratio.
//!
//! `cargo bench -p siwn` prints it. The back end is chosen in `.cargo/config.toml`.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use ed25519_dalek::{Signature as DalekSignature, Verifier as _, VerifyingKey};
use siwn::{
    AuthToken, Binding, Challenge, Generation, Issue, KeySigner, KeyType, Message, Nonce, NonceRule, OwnChallenge, Policy,
    PrivateKey, PublicKey, Recipient, Returned, Secret, Signature, Site, TokenFields, TokenRequest, UnixMillis,
};

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const KEYS: u8 = 16;
const ROUNDS: usize = 41;
const SLICES: usize = 8;
/// Long enough that reading the clock does not show, short enough that most slices run without a break.
const SLICE: Duration = Duration::from_micros(400);
const GENERATION: Generation = Generation::from_bytes([5; 16]);

/// A token and all that is made of it on the way to its verdict.
struct Case {
    text: String,
    fields: TokenFields,
    token: AuthToken,
    signature: Signature,
}

fn main() {
    let cases: Vec<_> = (0..KEYS).map(|number| case(KeyType::Ed25519, number)).collect();
    let others: Vec<_> = (0..KEYS).map(|number| case(KeyType::Secp256k1, number)).collect();
    let (quantum, quantum_key, quantum_signature) = post_quantum();
    let bare: Vec<_> = cases.iter().map(bare_parts).collect();
    let policy = Policy::new("app.example", NonceRule::timestamp(Duration::from_mins(5))).message("Sign in to app.example");
    let site = site();
    let browser = Binding::browser(&[3; 32]);
    let issue = |number: usize| Challenge::issue(&site, GENERATION, &browser, NOW, number.to_be_bytes());
    let challenges: Vec<_> = (0..usize::from(KEYS)).map(issue).collect();
    let quantum_hash = quantum.payload().hash();

    let mut table = Table::default();
    table.add("bare ed25519 verification: key bytes, hash, signature", |at| {
        let (key, hash, signature) = &bare[at];
        VerifyingKey::from_bytes(black_box(key))
            .expect("a key")
            .verify(black_box(hash), &DalekSignature::from_bytes(signature))
            .is_ok()
    });
    table.add("**token text to verdict**", |at| policy.check(black_box(&cases[at].text).parse().expect("a token"), NOW).is_ok());
    table.add("base64 and Borsh: `TokenFields::decode`", |at| TokenFields::decode(black_box(&cases[at].text)).is_ok());
    table.add("key text: `PublicKey::from_str`", |at| black_box(&cases[at].fields.public_key).parse::<PublicKey>().is_ok());
    table.add("signature text: `Signature::from_base64`", |at| {
        Signature::from_base64(KeyType::Ed25519, black_box(&cases[at].fields.signature)).is_ok()
    });
    table.add("payload: `Payload::hash`", |at| black_box(cases[at].token.payload()).hash().as_bytes()[0] < 255);
    table.add("ed25519, strict rules: `PublicKey::verify` and the hash", |at| verifies(&cases[at]));
    table.add("secp256k1: `PublicKey::verify` and the hash", |at| verifies(&others[at]));
    table.add("ML-DSA-65: `PublicKey::verify`", |_| {
        quantum.public_key().verify(black_box(&quantum_hash), &quantum_signature).is_ok()
    });
    table.add("ML-DSA-65 key text: `PublicKey::from_str`", |_| black_box(&quantum_key).parse::<PublicKey>().is_ok());
    table.add("`Challenge::issue`", |at| issue(black_box(at)).expires_at > NOW);
    table.add("`OwnChallenge::judge`", |at| {
        let challenge = black_box(&challenges[at]);
        let returned = Returned { nonce: &challenge.nonce, state: Some(&challenge.state) };
        OwnChallenge::judge(&site, returned, GENERATION, &browser, NOW).is_ok()
    });
    println!("{}", table.measure());
}

fn case(key_type: KeyType, number: u8) -> Case {
    let key = PrivateKey::from_seed(key_type, [number + 1; 32]).expect("a seed");
    let request = TokenRequest {
        message: "Sign in to app.example".into(),
        recipient: "app.example".into(),
        nonce: Nonce::timestamp(NOW, [number; 16]),
        callback_url: None,
        state: Some("0123456789abcdefghijkl".into()),
    };
    let signed = KeySigner::new("alice.near".parse().expect("an account"), key).sign(request.payload());
    let signature = signed.signature.clone();
    let token = request.into_token(signed).expect("an honest signature");
    Case { text: token.encode(), fields: token.to_fields(), token, signature }
}

fn bare_parts(case: &Case) -> ([u8; 32], [u8; 32], [u8; 64]) {
    let key = case.token.public_key().as_bytes().try_into().expect("32 bytes");
    let signature = case.signature.as_bytes().try_into().expect("64 bytes");
    (key, *case.token.payload().hash().as_bytes(), signature)
}

fn verifies(case: &Case) -> bool {
    case.token.public_key().verify(&black_box(case.token.payload()).hash(), &case.signature).is_ok()
}

/// A token of an ML-DSA-65 key, from the vectors: this crate signs with none.
fn post_quantum() -> (AuthToken, String, Signature) {
    let file: serde_json::Value = serde_json::from_str(include_str!("../tests/vectors/near-crypto.json")).expect("JSON");
    let of_type = |vector: &&serde_json::Value| vector["public_key"].as_str().is_some_and(|key| key.starts_with("ml-dsa-65:"));
    let vector = file["vectors"].as_array().and_then(|all| all.iter().find(of_type)).expect("an ML-DSA-65 vector");
    let text = |name: &str| vector[name].as_str().expect("a text").to_owned();
    let fields = TokenFields {
        account_id: "alice.near".into(),
        public_key: text("public_key"),
        signature: text("signature_base64"),
        message: text("message"),
        nonce: Nonce::from_hex(&text("nonce_hex")).expect("a nonce"),
        recipient: text("recipient"),
        callback_url: vector["callback_url"].as_str().map(Into::into),
        state: None,
    };
    let signature = Signature::from_base64(KeyType::MlDsa65, &fields.signature).expect("a signature");
    (fields.clone().try_into().expect("a token"), fields.public_key, signature)
}

fn site() -> Site {
    let recipient: Recipient = "app.example".parse().expect("a recipient");
    let message = Message::default_for(&recipient);
    let issue = Issue::new(&Secret::from_bytes([7; 32]), message, Duration::from_mins(5)).expect("an issue");
    Site::new(recipient, issue)
}

/// Cases to be measured beside each other. The first is the measure of the others.
#[derive(Default)]
struct Table<'a> {
    names: Vec<&'static str>,
    runs: Vec<Box<dyn Fn(usize) -> bool + 'a>>,
}

impl<'a> Table<'a> {
    /// `run` does the work once, with key number `at`, and says whether the answer was the right one.
    fn add(&mut self, name: &'static str, run: impl Fn(usize) -> bool + 'a) {
        self.names.push(name);
        self.runs.push(Box::new(run));
    }

    fn measure(&self) -> String {
        let count = self.runs.len();
        let repetitions: Vec<_> = self.runs.iter().map(|run| repetitions(run)).collect();
        let mut nanoseconds = vec![Vec::with_capacity(ROUNDS); count];
        let mut ratios = vec![Vec::with_capacity(ROUNDS); count];
        for round in 0..ROUNDS {
            let mut of_round = vec![0.0; count];
            for step in 0..count {
                let index = (round + step) % count;
                of_round[index] = sample(&self.runs[index], repetitions[index]);
            }
            for index in 0..count {
                nanoseconds[index].push(of_round[index]);
                ratios[index].push(of_round[index] / of_round[0]);
            }
        }
        let mut text = format!("Back end: {}. {ROUNDS} rounds, {KEYS} keys.\n\n| | ns | ratio |\n|---|---:|---:|\n", back_end());
        for index in 0..count {
            let (time, ratio) = (median(&mut nanoseconds[index]), median(&mut ratios[index]));
            writeln!(text, "| {} | {time:.0} | {ratio:.3} |", self.names[index]).expect("writing to memory does not fail");
        }
        text
    }
}

/// How often a case runs in a slice: a multiple of the number of keys.
fn repetitions(run: &dyn Fn(usize) -> bool) -> u32 {
    let keys = u32::from(KEYS);
    let mut repetitions = keys;
    while quickest(run, repetitions) < SLICE {
        repetitions *= 2;
    }
    repetitions
}

/// Nanoseconds for one run.
fn sample(run: &dyn Fn(usize) -> bool, repetitions: u32) -> f64 {
    quickest(run, repetitions).as_secs_f64() * 1e9 / f64::from(repetitions)
}

fn quickest(run: &dyn Fn(usize) -> bool, repetitions: u32) -> Duration {
    let slice = || {
        let start = Instant::now();
        repeat(run, repetitions);
        start.elapsed()
    };
    (0..SLICES).map(|_| slice()).min().expect("there are slices")
}

fn repeat(run: &dyn Fn(usize) -> bool, repetitions: u32) {
    for repetition in 0..repetitions {
        assert!(run((repetition % u32::from(KEYS)) as usize), "the answer is wrong");
    }
}

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples[samples.len() / 2]
}

#[expect(unexpected_cfgs, reason = "the configuration is curve25519-dalek's")]
fn back_end() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        let compiled_in = cfg!(curve25519_dalek_backend = "avx512");
        if compiled_in && is_x86_feature_detected!("avx512ifma") && is_x86_feature_detected!("avx512vl") {
            return "AVX-512 IFMA";
        }
        if is_x86_feature_detected!("avx2") {
            return "AVX2";
        }
    }
    "portable"
}
