//! Settings as values: each parsed once, and what is wrong with it told at its place.

use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::Fault;
use super::duration::duration_text;
use super::setting::{Scope, settings};
use super::sources::{Given, Settings, Sources};

pub(super) const DAY: Duration = Duration::from_hours(24);

pub(super) struct Reader<'a> {
    pub(super) sources: &'a Sources,
    /// The one of several sites that is read.
    pub(super) site: Option<OneSite<'a>>,
    pub(super) faults: Vec<Fault>,
}

#[derive(Clone, Copy)]
pub(super) struct OneSite<'a> {
    pub(super) number: usize,
    pub(super) given: &'a Settings,
}

impl<'a> Reader<'a> {
    /// Begins with what is wrong with the sources themselves.
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self { sources, site: None, faults: sources.faults() }
    }

    /// A fault at the place where the setting is given, or at its name where it is not.
    pub(super) fn fault(&mut self, name: &'static str, problem: impl Into<String>) {
        let place = self.get(name).map(|given| given.place.clone());
        let name = || self.site.map_or_else(|| name.to_owned(), |site| format!("site {}: {name}", site.number));
        let fault = Fault { place: place.unwrap_or_else(name), problem: problem.into() };
        // What stands beside the sites is read for each of them.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// What is given for the site that is read, or else for all.
    pub(super) fn get(&self, name: &'static str) -> Option<&'a Given> {
        let Some(site) = self.site else { return self.sources.get(name) };
        let is_sites_own = || settings().iter().any(|setting| setting.name == name && setting.scope == Scope::Site);
        site.given.get(name).or_else(|| if is_sites_own() { None } else { self.sources.get(name) })
    }

    pub(super) fn one<T, E: ToString>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let Given { values, .. } = self.get(name)?;
        let [text] = &values[..] else {
            self.fault(name, "this setting takes one value");
            return None;
        };
        parse(text).map_err(|error| self.fault(name, error.to_string())).ok()
    }

    pub(super) fn required<T: FromStr<Err: ToString>>(&mut self, name: &'static str, missing: &str) -> Option<T> {
        if self.get(name).is_none() {
            self.fault(name, format!("is missing: {missing}"));
        }
        self.one(name, str::parse)
    }

    /// A list in the file, or texts between commas.
    pub(super) fn list<T, E: ToString>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Vec<T> {
        let Some(Given { values, .. }) = self.get(name) else { return Vec::new() };
        let texts = values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|text| !text.is_empty());
        let mut parsed = Vec::new();
        for text in texts {
            match parse(text) {
                Ok(value) => parsed.push(value),
                Err(error) => self.fault(name, error.to_string()),
            }
        }
        parsed
    }

    pub(super) fn boolean(&mut self, name: &'static str) -> bool {
        self.boolean_or(name, false)
    }

    pub(super) fn boolean_or(&mut self, name: &'static str, default: bool) -> bool {
        let parse = |text: &str| match text {
            "true" | "yes" => Ok(true),
            "false" | "no" => Ok(false),
            _ => Err("is true or false, yes or no"),
        };
        self.one(name, parse).unwrap_or(default)
    }

    pub(super) fn duration(&mut self, name: &'static str, default: Duration, range: RangeInclusive<Duration>) -> Duration {
        let parse = |text: &str| {
            let duration =
                humantime::parse_duration(text).map_err(|_| "a duration has units, as in 90s, 5m, 24h, 7d".to_owned())?;
            let bounds = || format!("is from {} to {}", duration_text(*range.start()), duration_text(*range.end()));
            if range.contains(&duration) { Ok(duration) } else { Err(bounds()) }
        };
        self.one(name, parse).unwrap_or(default)
    }
}

pub(super) fn read_file(path: &str) -> Result<String, String> {
    // The path is left out: it could be the secret itself, put into the wrong place.
    std::fs::read_to_string(path).map_err(|error| format!("the file cannot be read: {error}"))
}
