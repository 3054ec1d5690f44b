//! The scripts: what the server does at once.

use std::sync::LazyLock;

use redis::{Cmd, Script as Source};

/// A script, and its name at the server.
pub(super) struct Script {
    text: String,
    hash: String,
}

macro_rules! scripts {
    ($($name:ident = $file:literal;)*) => {
        $(
            pub(super) static $name: LazyLock<Script> =
                LazyLock::new(|| Script::new(concat!(include_str!("scripts/prelude.lua"), include_str!($file))));
        )*
    };
}

scripts! {
    MARKER = "scripts/marker.lua";
    OPEN = "scripts/open.lua";
    FIND = "scripts/find.lua";
    RENEW = "scripts/renew.lua";
    CLOSE = "scripts/close.lua";
    ENLIST = "scripts/enlist.lua";
    CUT_OFF = "scripts/cut_off.lua";
    UNBLOCK = "scripts/unblock.lua";
    REMEMBER = "scripts/remember.lua";
    SECRETS = "scripts/secrets.lua";
    REPLACE_SECRETS = "scripts/replace_secrets.lua";
    REPLACE_SIGNING_KEYS = "scripts/replace_signing_keys.lua";
    LIMIT = "scripts/limit.lua";
}

/// What a script is called with.
pub(super) struct Call {
    script: &'static Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Script {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), hash: Source::new(text).get_hash().to_owned() }
    }

    /// A call with these keys, all of one slot.
    pub(super) fn on(&'static self, keys: impl IntoIterator<Item = String>) -> Call {
        Call { script: self, keys: keys.into_iter().collect(), arguments: Vec::new() }
    }
}

impl Call {
    /// Adds an argument.
    pub(super) fn with(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// By the script's name, which the server knows once it has seen the script.
    pub(super) fn by_name(&self) -> Cmd {
        self.command("EVALSHA", &self.script.hash)
    }

    /// With the whole script.
    pub(super) fn in_full(&self) -> Cmd {
        self.command("EVAL", &self.script.text)
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            command.arg(argument);
        }
        command
    }
}
