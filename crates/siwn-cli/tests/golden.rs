//! Every text of the command line, as the files in `tests/snapshots` write it down. `INSTA_UPDATE=always cargo test` rewrites them.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

const KEY: &str = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";
const NONCE: &str = "30303031373630303030303030303030c48e22d109fbdc9ea9d09115591b1613";
/// `siwn sign "Sign in to app.example" --account alice.near --recipient app.example` with that key and nonce.
const TOKEN: &str = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpHbWFEcnBwQkM3UDVBUktWOGczZGppd1A4OXZ6MWpMSzIzVjJHQmp1QUVHQlgAAABLcjVmWTlxVEMyRXZaRjlPaitZanJDdWxhbGdaa0RRZXMxM0Z3QjMvZHhEeFFQMXFzRElqVlYzTmZHZmwxQ2pzbVNhZnBBd0Zhc1drQjlXVHhpd3NCUT09FgAAAFNpZ24gaW4gdG8gYXBwLmV4YW1wbGUwMDAxNzYwMDAwMDAwMDAwxI4i0Qn73J6p0JEVWRsWEwsAAABhcHAuZXhhbXBsZQAA";
/// The same with another message, a state and a callback URL.
const FULL_TOKEN: &str = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpHbWFEcnBwQkM3UDVBUktWOGczZGppd1A4OXZ6MWpMSzIzVjJHQmp1QUVHQlgAAABWY3FVQSsrM29XZi95bGRUR1lVa2I3SXA2Njdka2FWd1JTZXJCRVM2cXIzd0EwYUpHSGxLbzgwUWFKdTFRTXVPZGFIakZiQVNYUzhkZlJOeFVHTE9Edz09DwAAAHR3bwpsaW5lcyAbWzMxbTAwMDE3NjAwMDAwMDAwMDDEjiLRCfvcnqnQkRVZGxYTCwAAAGFwcC5leGFtcGxlARYAAABodHRwczovL2FwcC5leGFtcGxlL2NiAQEAAABz";
/// The first one with a letter of its message changed.
const CHANGED_TOKEN: &str = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpHbWFEcnBwQkM3UDVBUktWOGczZGppd1A4OXZ6MWpMSzIzVjJHQmp1QUVHQlgAAABLcjVmWTlxVEMyRXZaRjlPaitZanJDdWxhbGdaa0RRZXMxM0Z3QjMvZHhEeFFQMXFzRElqVlYzTmZHZmwxQ2pzbVNhZnBBd0Zhc1drQjlXVHhpd3NCUT09FgAAAHNpZ24gaW4gdG8gYXBwLmV4YW1wbGUwMDAxNzYwMDAwMDAwMDAwxI4i0Qn73J6p0JEVWRsWEwsAAABhcHAuZXhhbXBsZQAA";
/// Eight fields that cannot be parsed: account `Alice`, key `ed25519:x`, no signature.
const IMPOSSIBLE_TOKEN: &str = "BQAAAEFsaWNlCQAAAGVkMjU1MTk6eAAAAAABAAAAbQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAHIAAA==";

/// What a person sees who runs these commands one after the other.
#[derive(Default)]
struct Transcript(String);

impl Transcript {
    fn run(self, arguments: &[&str]) -> Self {
        self.run_with("", "", arguments)
    }

    fn run_with_key(self, key: &str, arguments: &[&str]) -> Self {
        self.run_with(key, "", arguments)
    }

    fn run_with(mut self, key: &str, input: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_siwn"))
            .args(arguments)
            .env("SIWN_PRIVATE_KEY", key)
            .env_remove("COLUMNS")
            .env("SIWN_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads no input may have ended before it gets any.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();

        let quoted = arguments.iter().map(|argument| {
            if argument.is_empty() || argument.contains([' ', '\n']) { format!("{argument:?}") } else { (*argument).to_owned() }
        });
        let environment = if key.is_empty() { String::new() } else { format!("SIWN_PRIVATE_KEY={key} ") };
        writeln!(self.0, "$ {environment}siwn {}", quoted.collect::<Vec<_>>().join(" ")).unwrap();
        self.0 += std::str::from_utf8(&output.stdout).unwrap();
        self.0 += std::str::from_utf8(&output.stderr).unwrap();
        writeln!(self.0, "[exit {}]\n", output.status.code().unwrap()).unwrap();
        self
    }
}

#[test]
fn help() {
    let transcript = ["keygen", "sign", "verify", "inspect", "completions"]
        .iter()
        .fold(Transcript::default().run(&[]).run(&["--version"]).run(&["--help"]).run(&["sign", "-h"]), |transcript, command| {
            transcript.run(&[command, "--help"])
        });
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn keygen() {
    let transcript = Transcript::default().run(&["keygen", "--type", "rsa"]).run(&["keygen", "--out", "Cargo.toml"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn sign() {
    let ed25519 = format!("ed25519:{KEY}");
    let secp256k1 = format!("secp256k1:{KEY}");
    let transcript = Transcript::default()
        .run_with_key(
            &ed25519,
            &["sign", "Sign in to app.example", "--account", "alice.near", "--recipient", "app.example", "--nonce", NONCE],
        )
        .run_with_key(
            &secp256k1,
            &["sign", "Sign in to app.example", "--account", "alice.near", "--recipient", "app.example", "--nonce", NONCE],
        )
        .run_with_key(
            &ed25519,
            &["sign", "", "--account", "alice.near", "--recipient", "", "--nonce", NONCE, "--state", "-s", "--callback-url", "-c"],
        )
        .run_with(
            &ed25519,
            "from standard input\n",
            &["sign", "-", "--account", "alice.near", "--recipient", "app.example", "--nonce", NONCE],
        )
        .run(&[
            "sign",
            "hello",
            "--account",
            "alice.near",
            "--recipient",
            "app.example",
            "--nonce",
            NONCE,
            "--key-file",
            "tests/credentials.json",
        ]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn sign_refused() {
    let transcript = Transcript::default()
        .run(&["sign", "hello", "--account", "alice.near", "--recipient", "app.example"])
        .run_with_key("hello", &["sign", "hello", "--account", "alice.near", "--recipient", "app.example"])
        .run_with_key("ed25519:abc", &["sign", "hello", "--account", "alice.near", "--recipient", "app.example"])
        .run(&["sign", "hello", "--account", "alice.near", "--recipient", "app.example", "--key-file", "no-such-file"])
        .run(&["sign", "hello", "--account", "alice.near", "--recipient", "app.example", "--key-file", "Cargo.toml"])
        .run(&["sign", "hello", "--account", "Alice.near", "--recipient", "app.example"])
        .run(&["sign", "hello", "--account", "system", "--recipient", "app.example"])
        .run(&["sign", "hello", "--account", "alice.near", "--recipient", "app.example", "--nonce", "00"])
        .run(&["sign", "hello", "--account", "alice.near"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn verify() {
    let transcript = Transcript::default()
        .run(&["verify", TOKEN, "--recipient", "app.example", "--now", "1760000060000", "--offline"])
        .run(&["verify", FULL_TOKEN, "--recipient", "app.example", "--state", "s", "--nonce", NONCE, "--offline"])
        .run_with("", &format!("{TOKEN}\n"), &["verify", "-", "--recipient", "app.example", "--now", "1760000060000", "--offline"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn verify_refused() {
    let transcript = Transcript::default()
        .run(&["verify", TOKEN, "--recipient", "other.example", "--now", "1760000060000", "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--message", "hello", "--now", "1760000060000", "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--state", "s", "--now", "1760000060000", "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--nonce", &"00".repeat(32), "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--now", "1760000300001", "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--now", "1759999994999", "--offline"])
        .run(&["verify", CHANGED_TOKEN, "--recipient", "app.example", "--now", "1760000060000", "--offline"])
        .run(&["verify", "", "--recipient", "app.example", "--offline"])
        .run(&["verify", "-", "--recipient", "app.example", "--offline"])
        .run(&["verify", "-x", "--recipient", "app.example", "--offline"])
        .run(&["verify", "AAAA", "--recipient", "app.example", "--offline"])
        .run(&["verify", IMPOSSIBLE_TOKEN, "--recipient", "app.example", "--offline"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn verify_with_a_wrong_command_line() {
    let transcript = Transcript::default()
        .run(&["verify", TOKEN, "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--max-age", "5", "--offline"])
        .run(&["verify", TOKEN, "--recipient", "app.example", "--now", "soon", "--offline"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn inspect() {
    let transcript = Transcript::default()
        .run(&["inspect", FULL_TOKEN])
        .run(&["inspect", IMPOSSIBLE_TOKEN])
        .run(&["inspect", "nonsense!"])
        .run(&["inspect", ""]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn config_check() {
    let transcript = Transcript::default()
        .run(&["config", "check", "--help"])
        .run(&[
            "config",
            "check",
            "--recipient",
            "app.example",
            "--public-url",
            "https://app.example",
            "--rpc",
            "https://rpc.example/key",
        ])
        .run(&["config", "check", "--recipient", "app.example", "--store", "memory:", "--dangerous-plain-http", "true"])
        .run(&[
            "config",
            "check",
            "--listen",
            "0.0.0.0:80",
            "--rpc",
            "http://rpc.example,x",
            "--challenge-ttl",
            "5",
            "--session-ttl",
            "9w",
        ])
        .run(&["config", "check", "--recipient", "app.example", "--config", "no-such-file"])
        .run(&["config", "check", "--secret", "abc"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn servers_that_do_not_start() {
    let transcript = Transcript::default()
        .run(&["serve"])
        .run(&[
            "serve",
            "--recipient",
            "app.example",
            "--store",
            "sqlite:/no/such/folder/siwn.db",
            "--listen",
            "127.0.0.1:0",
            "--network",
            "x",
            "--rpc",
            "http://127.0.0.1:1",
        ])
        .run(&[
            "serve",
            "--recipient",
            "app.example",
            "--store",
            "redis://me:secret@127.0.0.1:1/2?prefix=login",
            "--listen",
            "127.0.0.1:0",
            "--network",
            "x",
            "--rpc",
            "http://127.0.0.1:1",
        ])
        .run(&["dev", "--listen", "0.0.0.0:8080"])
        .run(&["dev", "--listen", "8080"]);
    // The log says when.
    let lines = transcript.0.lines().filter(|line| !line.starts_with("20"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn login_refused_before_anything_is_sent() {
    let key = format!("ed25519:{KEY}");
    let transcript = Transcript::default()
        .run_with_key(&key, &["login", "http://app.example", "--account", "alice.near"])
        .run_with_key(&key, &["login", "https://user@app.example", "--account", "alice.near"])
        .run_with_key(&key, &["login", "app.example", "--account", "alice.near"])
        .run_with_key(&key, &["login", "http://localhost:1", "--account", "alice.near"])
        .run(&["login", "http://localhost:1", "--account", "alice.near"])
        .run(&["login", "http://localhost:1"]);
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn verify_without_a_node() {
    let at = ["--recipient", "app.example", "--now", "1760000060000"];
    let with = |more: &[&'static str]| [&["verify", TOKEN], &at[..], more].concat();
    let transcript = Transcript::default()
        .run(&with(&["--network", "localnet", "--rpc", "http://127.0.0.1:1"]))
        .run(&with(&["--network", "localnet"]))
        .run(&with(&["--network", "Mainnet"]))
        .run(&with(&["--rpc", "http://rpc.example"]));
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn input_that_is_too_long() {
    let long = "A".repeat(1024 * 1024 + 1);
    let transcript = Transcript::default()
        .run_with(&format!("ed25519:{KEY}"), &long, &["sign", "-", "--account", "alice.near", "--recipient", "app.example"])
        .run_with(
            &format!("ed25519:{KEY}"),
            &long[..200_000],
            &["sign", "-", "--account", "alice.near", "--recipient", "app.example"],
        )
        .run_with("", &long, &["verify", "-", "--recipient", "app.example", "--offline"])
        .run_with("", &long, &["inspect", "-"]);
    insta::assert_snapshot!(transcript.0);
}
