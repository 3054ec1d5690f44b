//! One thing that was looked at.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// What was looked at, what was found, and what to do.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    #[serde(rename = "check")]
    topic: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(rename = "result")]
    pub(super) level: Level,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    /// More, for programs.
    #[serde(flatten)]
    details: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Ok,
    /// It works, and is probably not meant.
    Warn,
    Fail,
    /// It could not be looked at, for a reason that another line tells.
    Skip,
}

impl Check {
    pub(super) fn new(topic: &'static str, level: Level, found: impl Into<String>) -> Self {
        Self { topic, subject: None, level, found: found.into(), advice: None, details: Map::new() }
    }

    /// Which one of several.
    pub(super) fn of(self, subject: impl Into<String>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// What to do.
    pub(super) fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    pub(super) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
            Level::Skip => "skip",
        };
        write!(f, "{level:<4}  {}", self.topic)?;
        if let Some(subject) = &self.subject {
            write!(f, " {subject}")?;
        }
        write!(f, ": {}", self.found)?;
        if let Some(advice) = &self.advice {
            write!(f, " -> {advice}")?;
        }
        Ok(())
    }
}
