//! Where settings come from.

use std::collections::BTreeMap;
use std::fmt;

use siwn::Quoted;
use toml::{Table, Value};

use super::setting::{RELOADED, SETTINGS, Scope, Setting};
use super::{Fault, endpoints};

/// The tables of a file that are a site each.
const SITES: &str = "sites";

/// The texts of all settings that are given, each from where it counts.
#[derive(Debug, Default)]
pub struct Sources {
    given: Settings,
    sites: Vec<Settings>,
    faults: Vec<Fault>,
    /// What is missing is not known, for a file could not be read.
    is_torn: bool,
}

/// What is given, by the setting's name.
pub(super) type Settings = BTreeMap<&'static str, Given>;

/// A value and where it stands.
pub(super) struct Given {
    pub(super) place: String,
    pub(super) values: Vec<String>,
    /// In place of values: tables of `[[rpc.endpoints]]`.
    pub(super) tables: Vec<Table>,
}

impl Given {
    const fn of(place: String, values: Vec<String>) -> Self {
        Self { place, values, tables: Vec::new() }
    }
}

impl Sources {
    /// Nothing given yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the text of a file, which `name` names in faults.
    #[must_use]
    pub fn file(mut self, name: &str, text: &str) -> Self {
        let table: Table = match text.parse() {
            Ok(table) => table,
            // The parser's own words quote the line, which can hold a secret.
            Err(error) => {
                let line = error_line(text, &error);
                self.faults.push(Fault { place: format!("{name}: line {line}"), problem: "this is not TOML".into() });
                self.is_torn = true;
                return self;
            }
        };
        for (key, value) in table {
            if key == SITES {
                self.file_sites(name, value);
                continue;
            }
            match given(&key, value, name, |_| true) {
                Ok((setting, given)) => _ = self.given.insert(setting, given),
                Err(fault) => self.faults.push(fault),
            }
        }
        self
    }

    /// The tables `[[sites]]`.
    fn file_sites(&mut self, name: &str, value: Value) {
        let Ok(tables) = value.try_into::<Vec<Table>>() else {
            self.faults.push(Fault { place: format!("{name}: {SITES}"), problem: "each site is a table, [[sites]]".into() });
            return;
        };
        for (number, table) in (1..).zip(tables) {
            let name = format!("{name}: site {number}");
            let mut site = Settings::new();
            for (key, value) in table {
                match given(&key, value, &name, |setting| setting.scope != Scope::Server) {
                    Ok((setting, given)) => _ = site.insert(setting, given),
                    Err(fault) => self.faults.push(fault),
                }
            }
            self.sites.push(site);
        }
    }

    /// Adds the environment's `SIWN_…` variables. An empty one counts as absent.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix("SIWN_") else { continue };
            if value.is_empty() || is_others(rest) {
                continue;
            }
            match SETTINGS.iter().find(|setting| setting.name == rest.to_ascii_lowercase() && rest == rest.to_ascii_uppercase()) {
                Some(setting) => _ = self.given.insert(setting.name, Given::of(name, vec![value])),
                None => self.faults.push(Fault { place: name, problem: "there is no such setting".into() }),
            }
        }
        self
    }

    /// Adds a flag. `name` is the setting's.
    #[must_use]
    pub fn flag(mut self, name: &'static str, value: String) -> Self {
        let place = SETTINGS.iter().find(|setting| setting.name == name).map_or(name, |setting| setting.flag);
        self.given.insert(name, Given::of(format!("--{place}"), vec![value]));
        self
    }

    /// Where a setting is given, if it is.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(|given| given.place.as_str())
    }

    /// Without what a running server takes over, secrets among it: what is to be compared with later.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        for settings in [&mut self.given].into_iter().chain(&mut self.sites) {
            settings.retain(|name, _| !RELOADED.contains(name));
        }
        self
    }

    /// The settings that `other` gives otherwise, of those that a running server does not take over.
    #[must_use]
    pub fn differing(&self, other: &Self) -> Vec<&'static str> {
        // Beside the sites, and in each of them.
        let values = |sources: &'_ Self, name| {
            let all = [&sources.given].into_iter().chain(&sources.sites);
            all.map(|settings| settings.get(name).map(|given| (given.values.clone(), given.tables.clone()))).collect::<Vec<_>>()
        };
        if self.sites.len() != other.sites.len() {
            return vec![SITES];
        }
        let differs = |setting: &&Setting| !setting.is_reloaded() && values(self, setting.name) != values(other, setting.name);
        SETTINGS.iter().filter(differs).map(|setting| setting.name).collect()
    }

    pub(super) fn get(&self, name: &'static str) -> Option<&Given> {
        debug_assert!(SETTINGS.iter().any(|setting| setting.name == name), "{name} is a setting");
        self.given.get(name)
    }

    /// What each of several sites is given; nothing where the server's own settings are those of its only site.
    pub(super) fn sites(&self) -> &[Settings] {
        &self.sites
    }

    pub(super) const fn is_torn(&self) -> bool {
        self.is_torn
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        self.faults.clone()
    }
}

impl fmt::Debug for Given {
    /// Without the values: one of them can be the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

/// Variables that begin like ours and belong to the command line, or to an orchestrator that announces a service named siwn.
fn is_others(rest: &str) -> bool {
    ["CONFIG", "LOG", "LOG_FORMAT", "PRIVATE_KEY", "ADMIN_URL"].contains(&rest)
        || rest == "PORT"
        || rest.starts_with("PORT_")
        || rest.starts_with("SERVICE_")
}

/// Reads one setting of a file, if it is one of those that stand here.
fn given(key: &str, value: Value, name: &str, stands_here: impl Fn(&Setting) -> bool) -> Result<(&'static str, Given), Fault> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.name == key) else {
        return Err(Fault { place: format!("{name}: {}", Quoted::new(key)), problem: "there is no such setting".into() });
    };
    let place = format!("{name}: {}", setting.name);
    if !stands_here(setting) {
        return Err(Fault { place, problem: "this is a setting of the whole server".into() });
    }
    if let ("rpc", Value::Table(rpc)) = (setting.name, &value) {
        let tables = endpoints::tables(rpc.clone());
        let Some(tables) = tables else {
            return Err(Fault { place, problem: "is a list of addresses, or tables [[rpc.endpoints]]".into() });
        };
        return Ok((setting.name, Given { place, values: Vec::new(), tables }));
    }
    match texts(value) {
        Some(values) => Ok((setting.name, Given::of(place, values))),
        None => Err(Fault { place, problem: "a value is a text, a number, true, false, or a list of texts".into() }),
    }
}

fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Integer(value) => Some(vec![value.to_string()]),
        Value::Boolean(value) => Some(vec![value.to_string()]),
        Value::Array(values) => values.into_iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn error_line(text: &str, error: &toml::de::Error) -> usize {
    let end = error.span().map_or(0, |span| span.start.min(text.len()));
    text.as_bytes()[..end].split(|byte| *byte == b'\n').count()
}
