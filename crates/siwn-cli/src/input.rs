//! What comes in besides the arguments: standard input, the clock, randomness.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::time::SystemTime;

use siwn::UnixMillis;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The most that is read from standard input, in bytes; more than the longest token.
const MOST: u64 = 1024 * 1024;

/// An argument's bytes, or those of standard input for `-`, without one trailing newline. `too_long` says what more than can be read is.
pub(crate) fn argument_or_stdin(argument: &OsStr, too_long: fn(String) -> Failure) -> Result<Vec<u8>, Failure> {
    if argument != "-" {
        return Ok(argument.as_encoded_bytes().to_vec());
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(MOST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::unknown(format!("standard input: {error}")))?;
    if bytes.len() as u64 > MOST {
        // A part of it is not what was meant.
        return Err(too_long(format!("standard input has more than {MOST} bytes")).hint("nothing that long is signed or verified"));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    Ok(bytes)
}

/// Whether this is meant to be JSON, which no auth token begins like.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
}

/// The machine's clock.
pub(crate) fn now() -> UnixMillis {
    SystemTime::now().into()
}

/// A new secret, as text.
pub(crate) fn new_secret() -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(random::<32>()?);
    // Reserved at once: a text that grows leaves copies of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(64));
    for byte in *bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::unknown(format!("the operating system gives no random bytes: {error}")))?;
    Ok(bytes)
}
