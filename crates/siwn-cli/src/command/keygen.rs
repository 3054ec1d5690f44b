//! `siwn keygen`

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use siwn::{AccountId, KeyType, PrivateKey};
use zeroize::Zeroizing;

use crate::arguments::{GeneratedType, Keygen};
use crate::failure::Failure;
use crate::{input, output};

/// A credentials file of NEAR's command line.
#[derive(Serialize)]
struct Credentials<'a> {
    /// The key's implicit account, if its type has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<&'a str>,
    public_key: &'a str,
    private_key: &'a str,
}

pub(crate) fn run(arguments: &Keygen) -> Result<(), Failure> {
    let key_type = match arguments.key_type {
        GeneratedType::Ed25519 => KeyType::Ed25519,
        GeneratedType::Secp256k1 => KeyType::Secp256k1,
        GeneratedType::MlDsa65 => KeyType::MlDsa65,
    };
    let key = PrivateKey::from_seed(key_type, input::random()?).map_err(Failure::unknown)?;
    let public_key = key.public_key();
    let account = public_key.implicit_account();
    let private_key = Zeroizing::new(key.expose_text());
    let credentials = Credentials {
        account_id: account.as_ref().map(AccountId::as_str),
        public_key: &public_key.to_string(),
        private_key: &private_key,
    };

    let Some(path) = &arguments.out else { return output::json(&credentials) };
    let text = Zeroizing::new(serde_json::to_string_pretty(&credentials).map_err(Failure::unknown)? + "\n");
    write_new(path, &text).map_err(|error| {
        Failure::unknown(format!("{}: {error}", path.display())).hint("--out names a file that does not exist yet")
    })?;
    output::line(&public_key.to_string())
}

/// Creates the file for its owner alone, and never over another one: it could hold somebody's only key.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
