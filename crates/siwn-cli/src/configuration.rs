//! Settings on the command line: one flag for each that is no secret, and the file that they go over.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use siwn_server::config::{Config, Fault, Sources, settings};

use crate::failure::Failure;

/// The file and the flags.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    file: Option<PathBuf>,
    flags: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads file, environment and flags, and checks all of it.
    pub(crate) fn load(&self) -> Result<Config, Vec<Fault>> {
        Config::load(&self.sources()?)
    }

    /// The same, with something in the place of what is required and not given.
    pub(crate) fn load_with_placeholders(&self) -> Result<Config, Vec<Fault>> {
        let placeholders = [("recipient", "app.example"), ("public_url", "https://app.example")];
        let placed = placeholders.iter().fold(Sources::new(), |sources, (name, value)| sources.flag(name, (*value).to_owned()));
        Config::load(&self.sources_over(placed)?)
    }

    /// Reads file, environment and flags.
    pub(crate) fn sources(&self) -> Result<Sources, Vec<Fault>> {
        self.sources_over(Sources::new())
    }

    fn sources_over(&self, mut sources: Sources) -> Result<Sources, Vec<Fault>> {
        let fault = |place: &str, problem: &str| vec![Fault { place: place.to_owned(), problem: problem.to_owned() }];
        if let Some(path) = &self.file {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| fault(&name, &error.to_string()))?;
            sources = sources.file(&name, &text);
        }
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let (texts, others): (Vec<_>, Vec<_>) = variables.partition(|(_, value)| value.to_str().is_some());
        if let Some((name, _)) = others.iter().find(|(name, _)| name.starts_with("SIWN_")) {
            return Err(fault(name, "the value is not a text"));
        }
        sources = sources.environment(texts.into_iter().filter_map(|(name, value)| Some((name, value.into_string().ok()?))));
        for (name, value) in &self.flags {
            sources = sources.flag(name, value.clone());
        }
        Ok(sources)
    }

    /// [`load`](Self::load), for a command that cannot go on without.
    pub(crate) fn require(&self) -> Result<Config, Failure> {
        let config = self.load().map_err(|faults| Failure::unknown(told(&faults)).hint(hint(&faults)))?;
        for warning in config.warnings() {
            eprintln!("warning: {warning}");
        }
        Ok(config)
    }
}

/// How to give a setting that stands nowhere and is named by itself.
pub(crate) fn how_to_set(fault: &Fault) -> Option<String> {
    let setting = settings().iter().find(|setting| setting.name == fault.place)?;
    let variable = setting.name.to_ascii_uppercase();
    Some(if setting.is_flag { format!("set SIWN_{variable}, or --{}", setting.flag) } else { format!("set SIWN_{variable}") })
}

fn hint(faults: &[Fault]) -> String {
    let check = "`siwn config check` reads the configuration and starts nothing";
    faults.iter().find_map(how_to_set).map_or_else(|| check.to_owned(), |how| format!("{how}; {check}"))
}

/// All faults, each on a line of its own.
pub(crate) fn told(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nerror: ")
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .env("SIWN_CONFIG")
            .hide_env(true)
            .value_parser(clap::value_parser!(PathBuf))
            .help("TOML file with the settings below, without dashes [default: $SIWN_CONFIG]");
        settings().iter().filter(|setting| setting.is_flag).fold(command.arg(file), |command, setting| {
            let default = if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
            command.arg(
                Arg::new(setting.name)
                    .long(setting.flag)
                    .value_name(setting.value)
                    .allow_hyphen_values(true)
                    .help(format!("{}{default}", setting.help)),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flag = |name: &'static str| Some((name, matches.get_one::<String>(name)?.clone()));
        let flags = settings().iter().filter(|setting| setting.is_flag).filter_map(|setting| flag(setting.name)).collect();
        Ok(Self { file: matches.get_one::<PathBuf>("config").cloned(), flags })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
