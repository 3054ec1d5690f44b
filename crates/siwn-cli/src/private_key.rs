//! Private keys: the only code that reads them. They come from a file or the environment, never from an argument, which every user
//! of the machine could read.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use siwn::PrivateKey;
use zeroize::Zeroizing;

use crate::failure::Failure;

const VARIABLE: &str = "SIWN_PRIVATE_KEY";
/// The most that is read of a key file, in bytes.
const MOST: u64 = 64 * 1024;

/// Where the key is.
#[derive(Debug, clap::Args)]
pub(crate) struct KeySource {
    #[arg(
        long,
        value_name = "FILE",
        allow_hyphen_values = true,
        help = "File with the private key [default: $SIWN_PRIVATE_KEY]",
        long_help = "File with the private key: its text (ed25519:…, secp256k1:… or ml-dsa-65:…), or a credentials file of NEAR's command line \
                     (JSON with \"private_key\"). Without it the key is read from the variable SIWN_PRIVATE_KEY."
    )]
    key_file: Option<PathBuf>,
}

/// The part of a credentials file that matters.
#[derive(Deserialize)]
struct Credentials {
    #[serde(alias = "secret_key")]
    private_key: String,
}

impl KeySource {
    /// Reads the key.
    pub(crate) fn read(&self) -> Result<PrivateKey, Failure> {
        match &self.key_file {
            Some(path) => from_file(path),
            None => from_environment(),
        }
    }
}

fn from_environment() -> Result<PrivateKey, Failure> {
    // An empty variable is how many tools say that there is none.
    let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) else {
        return Err(Failure::unknown("there is no private key to sign with")
            .hint("name a file with --key-file, or put the key into the variable SIWN_PRIVATE_KEY; `siwn keygen` makes one"));
    };
    let text = Zeroizing::new(text.into_encoded_bytes());
    parse(&text, VARIABLE)
}

fn from_file(path: &Path) -> Result<PrivateKey, Failure> {
    let name = path.display();
    let unreadable = |error| Failure::unknown(format!("{name}: {error}")).hint("--key-file names a file with a private key");
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path).and_then(|file| file.take(MOST).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return parse(&bytes, &name.to_string());
    }
    // The reason is left out: it could quote the key.
    let credentials = serde_json::from_slice::<Credentials>(&bytes)
        .map_err(|_| Failure::unknown(format!("{name}: not a credentials file")).hint("it has a member \"private_key\""))?;
    let text = Zeroizing::new(credentials.private_key);
    parse(text.as_bytes(), &name.to_string())
}

fn parse(bytes: &[u8], source: &str) -> Result<PrivateKey, Failure> {
    let text = std::str::from_utf8(bytes.trim_ascii()).map_err(|_| Failure::unknown(format!("{source}: not a text")))?;
    text.parse().map_err(|error| {
        Failure::unknown(format!("{source}: {error}"))
            .hint("a private key is written ed25519:…, secp256k1:… or ml-dsa-65:… with base58 digits")
    })
}
