//! Every text of the command line, as the files in `tests/snapshots` write it down. `INSTA_UPDATE=always cargo test` rewrites them.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod transcript;

use transcript::Transcript;

const KEY: &str = "US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";
const NONCE: &str = "30303031373630303030303030303030c48e22d109fbdc9ea9d09115591b1613";
/// `siwn sign "Sign in to app.example" --account alice.near --recipient app.example` with that key and nonce.
const TOKEN: &str = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpHbWFEcnBwQkM3UDVBUktWOGczZGppd1A4OXZ6MWpMSzIzVjJHQmp1QUVHQlgAAABLcjVmWTlxVEMyRXZaRjlPaitZanJDdWxhbGdaa0RRZXMxM0Z3QjMvZHhEeFFQMXFzRElqVlYzTmZHZmwxQ2pzbVNhZnBBd0Zhc1drQjlXVHhpd3NCUT09FgAAAFNpZ24gaW4gdG8gYXBwLmV4YW1wbGUwMDAxNzYwMDAwMDAwMDAwxI4i0Qn73J6p0JEVWRsWEwsAAABhcHAuZXhhbXBsZQAA";
/// The same with another message, a state and a callback URL.
const FULL_TOKEN: &str = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpHbWFEcnBwQkM3UDVBUktWOGczZGppd1A4OXZ6MWpMSzIzVjJHQmp1QUVHQlgAAABWY3FVQSsrM29XZi95bGRUR1lVa2I3SXA2Njdka2FWd1JTZXJCRVM2cXIzd0EwYUpHSGxLbzgwUWFKdTFRTXVPZGFIakZiQVNYUzhkZlJOeFVHTE9Edz09DwAAAHR3bwpsaW5lcyAbWzMxbTAwMDE3NjAwMDAwMDAwMDDEjiLRCfvcnqnQkRVZGxYTCwAAAGFwcC5leGFtcGxlARYAAABodHRwczovL2FwcC5leGFtcGxlL2NiAQEAAABz";
/// The first one with a letter of its message changed.
const CHANGED_TOKEN: &str = "CgAAAGFsaWNlLm5lYXI0AAAAZWQyNTUxOTpHbWFEcnBwQkM3UDVBUktWOGczZGppd1A4OXZ6MWpMSzIzVjJHQmp1QUVHQlgAAABLcjVmWTlxVEMyRXZaRjlPaitZanJDdWxhbGdaa0RRZXMxM0Z3QjMvZHhEeFFQMXFzRElqVlYzTmZHZmwxQ2pzbVNhZnBBd0Zhc1drQjlXVHhpd3NCUT09FgAAAHNpZ24gaW4gdG8gYXBwLmV4YW1wbGUwMDAxNzYwMDAwMDAwMDAwxI4i0Qn73J6p0JEVWRsWEwsAAABhcHAuZXhhbXBsZQAA";
/// `siwn sign "Hello, Near!" --nep641` of NEP-641's worked example.
const AUTHORIZATION: &str = r#"{"msg":{"chain_id":"mainnet","signer_id":"extension.near","path":["wallet.near","v1.signer"],"timestamp":"2026-08-05T07:28:00.123456789Z","payload":"Hello, Near!"},"via":{"schema":"nep413","extra":{"callback_url":"https://wallet.com/callback"}},"access_key":"ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB","signature":"ed25519:5iDTPLp5WhcWEku3kUCGiU5kL8UoJb2kewYHYyUtPMoi3T6FY9N6r8j5YRLPp8ij8vbuboic8RzduTB9SwzLDJ58"}"#;
/// Eight fields that cannot be parsed: account `Alice`, key `ed25519:x`, no signature.
const IMPOSSIBLE_TOKEN: &str = "BQAAAEFsaWNlCQAAAGVkMjU1MTk6eAAAAAABAAAAbQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAHIAAA==";

#[test]
fn help() {
    let transcript = ["dev", "doctor", "key", "keygen", "sign", "verify", "inspect", "completions"].iter().fold(
        Transcript::default().run(&[]).run(&["-V"]).run(&["--help"]).run(&["sign", "-h"]).run(&["wallets", "pull", "--help"]),
        |transcript, command| transcript.run(&[command, "--help"]),
    );
    insta::assert_snapshot!(transcript.0);
}

#[test]
fn the_version_says_what_it_is_built_from() {
    let long = Transcript::default().run(&["--version"]).0;
    let lines: Vec<_> = long.lines().collect();
    let named: Vec<_> = lines[2..8].iter().map(|line| line.split_once(": ").unwrap().0).collect();
    assert_eq!(lines[1], concat!("siwn ", env!("CARGO_PKG_VERSION")));
    assert_eq!(named, ["built from", "built with", "ed25519", "keys", "stores", "login page"]);
    assert!(lines[3].contains("rustc 1.") && lines.contains(&"[exit 0]"), "{long}");
}

#[test]
fn the_table_of_settings_has_a_row_for_each() {
    let reference = Transcript::default().run(&["config", "reference"]).0;
    let rows: Vec<_> = reference.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), siwn_server::config::settings().len());
    assert!(rows.contains(&"| `rpc_timeout` | `SIWN_RPC_TIMEOUT` | `--rpc-timeout` | `2s` | How long one call of a node may take; a look-up ends after twice that |"));
}

#[test]
fn a_configuration_is_shown_with_every_setting() {
    // Part of others, secret, or what people look at in a browser.
    let elsewhere = [
        "secret_file",
        "account_rules",
        "admin_token",
        "admin_token_file",
        "login_name",
        "login_logo",
        "login_theme",
        "login_style",
        "login_template",
    ];
    let shown = Transcript::default().run(&["config", "check", "--recipient", "app.example"]).0;
    for setting in siwn_server::config::settings().iter().filter(|setting| !elsewhere.contains(&setting.name)) {
        let mut words = setting.name.split('_');
        let first = words.next().unwrap().to_owned();
        let member = words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..]);
        assert!(shown.contains(&format!("\"{member}\":")), "{member} in {shown}");
    }
}

#[test]
fn admin() {
    let transcript = ["counts", "show", "end", "end-all", "block", "unblock", "accept-key"]
        .iter()
        .fold(Transcript::default().run(&["admin"]).run(&["admin", "--help"]), |transcript, command| {
            transcript.run(&["admin", command, "--help"])
        })
        .run(&["admin", "counts"])
        .run(&["admin", "--token-file", "nowhere", "counts"])
        .run(&["admin", "end", "junk"])
        .run(&["admin", "--url", "http://app.example", "counts"]);
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
fn sign_nep641() {
    let key = format!("ed25519:{KEY}");
    let at = ["--nep641", "--account", "extension.near", "--timestamp", "2026-08-05T09:28:00.123456789+02:00"];
    let with = |more: &[&'static str]| [&["sign", "Hello, Near!"], &at[..], more].concat();
    // The worked example of NEP-641's reference, down to the signature.
    let transcript = Transcript::default().run_with_key(
        &key,
        &with(&["--network", "mainnet", "--path", "wallet.near,v1.signer", "--callback-url", "https://wallet.com/callback"]),
    );
    let signature = "ed25519:5iDTPLp5WhcWEku3kUCGiU5kL8UoJb2kewYHYyUtPMoi3T6FY9N6r8j5YRLPp8ij8vbuboic8RzduTB9SwzLDJ58";
    assert!(transcript.0.contains(signature), "{}", transcript.0);
    let transcript = transcript
        .run_with_key(&key, &with(&["--chain-id", "localnet"]))
        .run_with_key(&key, &with(&["--recipient", "app.example"]))
        .run_with_key(&key, &with(&["--path", "Wallet.near"]))
        .run_with_key(&key, &with(&["--network", "Mainnet"]))
        .run_with_key(&key, &["sign", "hello", "--account", "alice.near", "--nep641", "--timestamp", "yesterday"])
        .run_with_key(&key, &["sign", "hello", "--account", "alice.near", "--recipient", "r", "--network", "mainnet"]);
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
fn verify_nep641() {
    let direct = AUTHORIZATION.replace(r#""path":["wallet.near","v1.signer"],"#, "");
    let offline = |text: &str, more: &[&'static str]| {
        [&["verify", text][..], &["--offline"], more].concat().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let key = format!("ed25519:{KEY}");
    let signed = std::process::Command::new(env!("CARGO_BIN_EXE_siwn"))
        .args(["sign", "Hello, Near!", "--nep641", "--account", "alice.near", "--timestamp", "2026-08-05T07:28:00Z"])
        .env("SIWN_PRIVATE_KEY", key)
        .output()
        .unwrap();
    let own = String::from_utf8(signed.stdout).unwrap();
    let own = own.trim();
    let too_early = own.replace("2026-08-05T07:28:00Z", "1969-12-31T23:59:59Z");
    let runs = [
        offline(own, &["--payload", "Hello, Near!"]),
        offline(own, &["--payload", "Hello, Near!", "--account", "alice.near", "--network", "mainnet"]),
        offline(own, &["--payload", "Hello!"]),
        offline(own, &["--payload", "Hello, Near!", "--account", "bob.near"]),
        offline(own, &["--payload", "Hello, Near!", "--network", "testnet"]),
        offline(AUTHORIZATION, &["--payload", "Hello, Near!"]),
        offline(&direct, &["--payload", "Hello, Near!"]),
        offline("{}", &["--payload", "Hello, Near!"]),
        offline("{}", &["--payload", "Hello, Near!", "--account", "wallet.near"]),
        offline(&too_early, &["--payload", "Hello, Near!", "--account", "alice.near"]),
        offline(own, &["--recipient", "app.example"]),
        offline(own, &["--payload", "Hello, Near!", "--max-age", "5m"]),
        offline(own, &["--payload", "Hello, Near!", "--recipient", "app.example"]),
    ];
    let transcript = runs
        .iter()
        .fold(Transcript::default(), |transcript, run| transcript.run(&run.iter().map(String::as_str).collect::<Vec<_>>()));
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
        .run(&["inspect", AUTHORIZATION])
        .run(&["inspect", r#"{"signature": "a wallet's own"}"#])
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
