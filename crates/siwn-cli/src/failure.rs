//! How a command ends badly: what failed, and what to do.

use std::fmt::Display;
use std::process::ExitCode;

use clap::error::ErrorKind;

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

    /// A wrong command line: exit code 2. Help and version are none: they are printed here.
    pub(crate) fn of_command_line(error: &clap::Error) -> Option<Self> {
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            // What cannot be printed was not wanted: `siwn --help | head`.
            let _ = error.print();
            return error.use_stderr().then(|| Self { exit: 2, error: String::new(), hint: None });
        }
        let text = error.render().to_string();
        let text = text.trim_start_matches("error: ").replace("For more information, try '--help'.", "");
        Some(Self::unknown(text.trim_end()).hint("--help says what is expected"))
    }

    /// An error with all that caused it, on one line: exit code 2.
    pub(crate) fn caused(what: &str, error: &dyn std::error::Error) -> Self {
        let mut text = format!("{what}: {error}");
        let mut cause = error.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        Self::unknown(text)
    }

    /// Says what to do.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What failed.
    pub(crate) fn error(&self) -> &str {
        &self.error
    }

    /// Prints both lines to standard error.
    pub(crate) fn report(&self) -> ExitCode {
        if !self.error.is_empty() {
            eprintln!("error: {}", self.error);
        }
        if let Some(hint) = &self.hint {
            eprintln!("hint: {hint}");
        }
        ExitCode::from(self.exit)
    }
}
