//! The folder that a server reads: a manifest, and a script for each wallet.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::source::{Form, Offered};
use crate::failure::Failure;

const MANIFEST: &str = "manifest.json";

pub(super) struct Folder {
    path: PathBuf,
    wallets: Vec<Map<String, Value>>,
    /// What is to be written, by the name of the file.
    scripts: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    /// What is there already, if anything.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let manifest = path.join(MANIFEST);
        let failed = |problem: String| Failure::unknown(format!("{}: {problem}", manifest.display()));
        let wallets = match fs::read(&manifest) {
            Ok(text) => {
                let form: Result<Form, _> = serde_json::from_slice(&text);
                form.map_err(|error| failed(error.to_string()).hint("this is no folder of wallets; choose another one"))?.wallets
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(error.to_string())),
        };
        Ok(Self { path: path.to_owned(), wallets, scripts: BTreeMap::new() })
    }

    /// The hash of the script that is there.
    pub(super) fn integrity(&self, id: &str) -> Option<String> {
        Some(self.found(id)?.get("integrity")?.as_str()?.to_owned())
    }

    /// Whether somebody said already what it may reach.
    pub(super) fn has_policy(&self, id: &str) -> bool {
        self.found(id).is_some_and(|wallet| wallet.contains_key("policy"))
    }

    /// Leaves to a wallet what somebody said before that it may reach. Whether its source says anything else.
    pub(super) fn keep_policy(&self, wallet: &mut Offered) -> bool {
        let Some(kept) = self.found(&wallet.id).and_then(|before| before.get("policy")) else { return false };
        wallet.members.insert("policy".into(), kept.clone()).is_some_and(|said| said != *kept)
    }

    /// Adds a wallet, or puts it into the place of the one with its id. Where the source says nothing of what it may reach, what the
    /// operator wrote stays.
    pub(super) fn add(&mut self, wallet: Offered, script: Vec<u8>, integrity: &str, icon: Option<String>) {
        let Offered { id, executor, mut members, .. } = wallet;
        let name = format!("{id}.js");
        let kept = self.found(&id).map(|before| (before.get("policy").cloned(), before.get("icon").cloned()));
        let (policy, old_icon) = kept.unwrap_or_default();
        match members.get("icon").and_then(Value::as_str) {
            Some(place) if place.starts_with("data:") => _ = members.insert("icon".into(), json!(plain(place))),
            _ => {
                members.remove("icon");
                members.extend(icon.map(Value::from).or(old_icon).map(|icon| ("icon".to_owned(), icon)));
            }
        }
        members.insert("source".into(), json!(executor.as_str()));
        members.insert("executor".into(), json!(name));
        members.insert("integrity".into(), json!(integrity));
        if !members.contains_key("policy") {
            members.insert("policy".into(), policy.unwrap_or_else(|| json!({})));
        }
        self.scripts.insert(name, script);
        match self.wallets.iter_mut().find(|before| is(before, &id)) {
            Some(before) => *before = members,
            None => self.wallets.push(members),
        }
    }

    /// Writes the scripts, and the manifest last: until then a server finds what was there before, or nothing.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let failed = |path: &Path, error: std::io::Error| Failure::unknown(format!("{}: {error}", path.display()));
        fs::create_dir_all(&self.path).map_err(|error| failed(&self.path, error))?;
        let manifest = serde_json::to_vec_pretty(&json!({ "wallets": self.wallets })).map_err(Failure::unknown)?;
        let scripts = self.scripts.iter().map(|(name, script)| (name.as_str(), script));
        for (name, bytes) in scripts.chain([(MANIFEST, &manifest)]) {
            let (path, new) = (self.path.join(name), self.path.join(format!("{name}.new")));
            fs::write(&new, bytes).and_then(|()| fs::rename(&new, &path)).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    fn found(&self, id: &str) -> Option<&Map<String, Value>> {
        self.wallets.iter().find(|wallet| is(wallet, id))
    }
}

fn is(wallet: &Map<String, Value>, id: &str) -> bool {
    wallet.get("id").and_then(Value::as_str) == Some(id)
}

/// A picture's address without what could end the text that it is written into.
fn plain(icon: &str) -> String {
    ['<', '>', '"', '`', '$', '\\']
        .iter()
        .fold(icon.to_owned(), |icon, sign| icon.replace(*sign, &format!("%{:02X}", u32::from(*sign))))
}
