//! Whatever a file, the environment and the flags say, configuration is read or its faults are told: never a panic, never a secret.

use proptest::prelude::*;
use siwn_server::config::{Config, Fault, Sources, settings};

const SECRET: &str = "5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f5e0f";

/// Texts that some setting takes, and some that none does.
const GOOD: &[&str] = &[
    "app.example",
    "https://app.example",
    "http://localhost:8080",
    "127.0.0.1:8080",
    "[::1]:0",
    "0.0.0.0:80",
    "Sign in to app.example",
    SECRET,
    "mainnet",
    "localnet",
    "2s",
    "0s",
    "99999999999999999999y",
    "sqlite:siwn.db",
    "memory:",
    "redis://x",
    "10.0.0.0/8",
    "true",
    "false",
    "my-app://x",
    ",",
    "",
];

/// The name of a setting, or any other.
fn name() -> impl Strategy<Value = String> {
    let known = (0..settings().len()).prop_map(|index| settings()[index].name.to_owned());
    prop_oneof![9 => known, 1 => ".{0,20}"]
}

/// A text that some setting might take, or that nobody would write.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![8 => prop::sample::select(GOOD).prop_map(str::to_owned), 1 => ".{0,80}", 1 => "[ -~]{0,80}"]
}

/// A file: of settings in some form, or any text.
fn file() -> impl Strategy<Value = String> {
    let written = (value(), 0..6usize).prop_map(|(value, form)| match form {
        0..3 => format!("{value:?}"),
        3 => format!("[{value:?}, {value:?}]"),
        4 => value,
        _ => format!("'''\n{value}'''"),
    });
    let line = (name(), written).prop_map(|(name, value)| format!("{name} = {value}\n"));
    let settings = prop::collection::vec(line, 0..8).prop_map(|lines| lines.concat());
    prop_oneof![6 => settings, 1 => ".{0,200}", 1 => "[\\[\\]{}=\"'#.,a-z0-9\n -]{0,200}"]
}

fn environment() -> impl Strategy<Value = Vec<(String, String)>> {
    let variable =
        prop_oneof![8 => name().prop_map(|name| format!("SIWN_{}", name.to_uppercase())), 1 => ".{0,30}", 1 => "SIWN_.{0,30}"];
    prop::collection::vec((variable, value()), 0..8)
}

fn flags() -> impl Strategy<Value = Vec<(usize, String)>> {
    prop::collection::vec((0..settings().len(), value()), 0..4)
}

/// What an operator gets to see.
fn told(sources: &Sources) -> String {
    match Config::load(sources) {
        Ok(config) => format!("{config:?} {:?}", config.warnings()),
        Err(faults) => {
            assert!(!faults.is_empty());
            faults.iter().map(Fault::to_string).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_read_or_told_as_a_fault(file in file(), environment in environment(), flags in flags()) {
        // The secret as a setting of its own; elsewhere it is a text like any other, which may be told.
        let environment = environment.into_iter().filter(|(name, value)| name == "SIWN_SECRET" || value != SECRET);
        let file = file.lines().filter(|line| line.starts_with("secret =") || !line.contains(SECRET)).collect::<Vec<_>>().join("\n");
        let mut sources = Sources::new().file("siwn.toml", &file).environment(environment);
        for (index, value) in flags.into_iter().filter(|(_, value)| value != SECRET) {
            sources = sources.flag(settings()[index].name, value);
        }
        let told = told(&sources);
        prop_assert!(!told.contains(SECRET), "{}", told);
    }
}

#[test]
fn the_texts_above_are_enough_for_a_configuration() {
    let variables = [("SIWN_RECIPIENT", "app.example"), ("SIWN_SECRET", SECRET), ("SIWN_STORE", "memory:")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(&Sources::new().environment(variables)).unwrap();
    assert!(config.secrets.is_some());
    assert!(!format!("{config:?}").contains(SECRET));
}
