//! Keys that `siwn keygen` makes, used by `siwn sign`.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::process::{Command, Output};

fn siwn(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_siwn")).args(arguments).env_remove("SIWN_PRIVATE_KEY").output().unwrap()
}

#[test]
fn what_keygen_prints_is_a_key_file() {
    for key_type in ["ed25519", "secp256k1", "ml-dsa-65"] {
        let output = siwn(&["keygen", "--type", key_type]);
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&path, &output.stdout).unwrap();

        // A key of the third type has no account of its own.
        let account = printed["account_id"].as_str().unwrap_or("alice.near");
        assert_eq!(printed.get("account_id").is_none(), key_type == "ml-dsa-65");
        let token = siwn(&["sign", "hello", "--account", account, "--recipient", "r", "--key-file", path.to_str().unwrap()]);
        let token = String::from_utf8(token.stdout).unwrap();
        let verified = siwn(&["verify", token.trim(), "--recipient", "r", "--offline"]);
        let verified: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
        assert_eq!(verified["publicKey"], printed["public_key"]);
        assert_eq!(verified["accountId"], account);
    }
}

#[test]
fn two_keys_differ() {
    assert_ne!(siwn(&["keygen"]).stdout, siwn(&["keygen"]).stdout);
}

#[cfg(unix)]
#[test]
fn a_key_file_is_its_owners_alone_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    let first = siwn(&["keygen", "--out", path.to_str().unwrap()]);
    assert!(first.status.success());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!String::from_utf8(first.stdout).unwrap().contains("private"), "the private key is not printed");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let second = siwn(&["keygen", "--out", path.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = String::from_utf8(siwn(&["completions", shell]).stdout).unwrap();
        for command in ["doctor", "key", "keygen", "sign", "verify", "inspect"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}
