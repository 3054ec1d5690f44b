//! How a command ends badly: what failed, and what to do.

use std::fmt::Display;
use std::process::ExitCode;

/// The exit code, the error and a hint.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    error: String,
    hint: Option<String>,
}

impl Failure {
    /// No: exit code 1.
    pub(crate) fn no(error: impl Display) -> Self {
        Self { exit: 1, error: error.to_string(), hint: None }
    }

    /// Could not find out, or a wrong command line: exit code 2.
    pub(crate) fn unknown(error: impl Display) -> Self {
        Self { exit: 2, error: error.to_string(), hint: None }
    }

    /// Says what to do.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Prints both lines to standard error.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("error: {}", self.error);
        if let Some(hint) = &self.hint {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(self.exit)
    }
}
