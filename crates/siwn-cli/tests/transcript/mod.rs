//! Runs of the binary, written down.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What a person sees who runs these commands one after the other.
#[derive(Default)]
pub(crate) struct Transcript(pub(crate) String);

impl Transcript {
    pub(crate) fn run(self, arguments: &[&str]) -> Self {
        self.run_with("", "", arguments)
    }

    #[allow(dead_code, reason = "not every test has a key")]
    pub(crate) fn run_with_key(self, key: &str, arguments: &[&str]) -> Self {
        self.run_with(key, "", arguments)
    }

    pub(crate) fn run_with(mut self, key: &str, input: &str, arguments: &[&str]) -> Self {
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
