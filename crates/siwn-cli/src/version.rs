//! `siwn --version`: what it is built from, and what it can do here.

use std::fmt::Write as _;
use std::sync::LazyLock;

/// The version, and a line each for what it is built from, with which compiler, and what is in it.
pub(crate) fn long() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(text);
    &TEXT
}

fn text() -> String {
    let mut text = env!("CARGO_PKG_VERSION").to_owned();
    let lines = [
        ("built from", env!("BUILT_FROM").to_owned()),
        ("built with", env!("BUILT_WITH").to_owned()),
        ("ed25519", curve25519()),
        ("keys", "ed25519, secp256k1, ml-dsa-65".to_owned()),
        ("stores", "memory, sqlite, redis, postgres".to_owned()),
        ("login page", pages()),
    ];
    for (name, value) in lines {
        write!(text, "\n{name}: {value}").expect("a String takes all that is written");
    }
    text
}

/// The arithmetic that this processor gets, of what is compiled in.
fn curve25519() -> String {
    let compiled_in = env!("BUILT_CURVE25519");
    match compiled_in {
        "avx512" if has_avx512() => "AVX-512 IFMA, chosen for this processor".into(),
        "avx512" | "simd" if has_avx2() => match compiled_in {
            "simd" => "AVX2, chosen for this processor; AVX-512 IFMA is not compiled in".into(),
            _ => "AVX2, chosen for this processor, which has no AVX-512 IFMA".into(),
        },
        "avx512" | "simd" => "portable, for this processor has no AVX2".into(),
        "fiat" => "portable, of fiat-crypto; nothing else is compiled in".into(),
        _ => "portable; nothing else is compiled in".into(),
    }
}

/// What npm built and the server was built with.
fn pages() -> String {
    match siwn_server::built_files() {
        [] => "without client.js and connector.js, which need Node when the server is built".into(),
        names => format!("with {}", names.join(" and ")),
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512ifma") && is_x86_feature_detected!("avx512vl")
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
}

#[cfg(not(target_arch = "x86_64"))]
const fn has_avx512() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
const fn has_avx2() -> bool {
    false
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_rules_by_which_a_back_end_is_chosen_are_those_of_this_version() {
        let lock = include_str!("../../../Cargo.lock");
        let (_, rest) = lock.split_once("name = \"curve25519-dalek\"\nversion = \"").expect("it is a dependency");
        assert!(rest.starts_with("5.0."), "read build.rs and backend.rs of the new version, then change build.rs here");
    }
}
