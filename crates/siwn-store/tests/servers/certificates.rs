//! A certificate for `localhost` and 127.0.0.1, and who signed it.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) struct Certificates {
    pub(super) authority: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl Certificates {
    /// Makes them in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        let [authority, authority_key] = ["authority.crt", "authority.key"].map(|name| folder.join(name));
        let [certificate, key] = ["server.crt", "server.key"].map(|name| folder.join(name));
        let mut sign = request(&authority, &authority_key, "the authority of a test");
        run(sign.args(["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]));
        let mut sign = request(&certificate, &key, "localhost");
        sign.arg("-CA").arg(&authority).arg("-CAkey").arg(&authority_key);
        run(sign.args(["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]));
        Self { authority, certificate, key }
    }
}

/// A certificate of a new key.
fn request(certificate: &Path, key: &Path, name: &str) -> Command {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]);
    command.args(["-subj", &format!("/CN={name}")]).arg("-out").arg(certificate).arg("-keyout").arg(key);
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("openssl is installed: scripts/test installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
