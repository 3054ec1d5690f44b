//! One wallet of a manifest.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use siwn::Origin;

use super::integrity::Integrity;
use super::script::is_file_name;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    version: String,
    pub(super) executor: String,
    pub(super) features: Map<String, Value>,
    permissions: Map<String, Value>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) integrity: Option<Integrity>,
    #[serde(default, skip_serializing)]
    policy: Policy,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What a wallet's script may do beside being run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Policy {
    connect: Vec<String>,
    frame: Vec<String>,
    image: Vec<String>,
    /// Hashes of the handlers that stand in its HTML (`onclick="…"`).
    handlers: Vec<Integrity>,
}

/// What the page's policy allows for its wallets.
#[derive(Debug, Default)]
pub(in crate::pages) struct Reach {
    pub(in crate::pages) connect: BTreeSet<String>,
    pub(in crate::pages) frame: BTreeSet<String>,
    pub(in crate::pages) image: BTreeSet<String>,
    pub(in crate::pages) handlers: BTreeSet<String>,
}

impl Reach {
    pub(super) fn add(&mut self, Entry { executor, policy, .. }: &Entry) {
        self.connect.extend(origin_of(executor));
        self.connect.extend(policy.connect.iter().cloned());
        self.frame.extend(policy.frame.iter().cloned());
        self.image.extend(policy.image.iter().cloned());
        self.handlers.extend(policy.handlers.iter().map(|hash| hash.as_str().to_owned()));
    }
}

impl Entry {
    pub(super) fn is_beside_the_manifest(&self) -> bool {
        is_file_name(&self.executor)
    }

    /// Whether it signs on this network. What a wallet says of the two public ones says nothing of any other.
    pub(super) fn is_for(&self, network: &str) -> bool {
        let says = |name| self.features.get(name).and_then(Value::as_bool);
        match network {
            "mainnet" => says("mainnet") != Some(false),
            "testnet" => says("testnet") == Some(true),
            _ => true,
        }
    }

    pub(super) fn check(&self) -> Result<(), &'static str> {
        // The connector writes them into the sandbox's HTML, and into the names of what it stores.
        let is_plain =
            |text: &str| !text.is_empty() && text.len() <= 64 && !text.contains(['<', '>', '"', '&', '`', ':', '\\', '$']);
        let is_path = self.executor.starts_with('/') && !self.executor.starts_with("//");
        let Policy { connect, frame, image, .. } = &self.policy;
        let mut origins = connect.iter().chain(frame);
        if !is_plain(&self.id) || !is_plain(&self.name) {
            Err("id and name have 1 to 64 characters, and none of < > \" & ` : \\ $")
        } else if self.kind != "sandbox" {
            Err("the type is sandbox: wallets that are installed make themselves known")
        } else if self.features.get("signMessage") != Some(&Value::Bool(true)) {
            Err("it does not sign messages (features.signMessage)")
        } else if !is_path && !self.is_beside_the_manifest() && origin_of(&self.executor).is_none() {
            Err("the executor is a file beside the manifest, a path of the own origin, or an https address")
        } else if self.is_beside_the_manifest() && self.integrity.is_none() {
            Err("an executor beside the manifest has an integrity, which it is held to")
        } else if !origins.all(|origin| is_reachable(origin)) {
            Err("the policy names origins, as in https://relay.example or wss://relay.example")
        } else if !image.iter().all(|place| is_reachable(place) || is_folder(place)) {
            Err("the policy names origins of images, or folders, as in https://images.example/a/")
        } else {
            Ok(())
        }
    }

    /// As the page gets it: with an icon that loads nothing, or none.
    pub(super) fn for_page(&self, executor: Option<String>) -> Self {
        let mut entry = self.clone();
        if let Some(executor) = executor {
            entry.executor = executor;
        }
        if !entry.others.get("icon").and_then(Value::as_str).is_some_and(is_image_in_place) {
            entry.others.remove("icon");
        }
        entry
    }
}

/// The connector writes it into the sandbox's HTML, inside of a script.
fn is_image_in_place(icon: &str) -> bool {
    icon.starts_with("data:image/") && !icon.contains(['"', '`', '\\', '$']) && !icon.to_ascii_lowercase().contains("</script")
}

fn origin_of(executor: &str) -> Option<String> {
    let rest = executor.strip_prefix("https://")?;
    let origin = format!("https://{}", rest.split(['/', '?', '#']).next()?);
    origin.parse::<Origin>().ok().map(|origin| origin.to_string())
}

fn is_reachable(origin: &str) -> bool {
    let text = origin.strip_prefix("wss://").map_or_else(|| origin.to_owned(), |rest| format!("https://{rest}"));
    text.starts_with("https://") && text.parse::<Origin>().is_ok()
}

/// An https address that ends with a slash: whatever lies under it.
fn is_folder(place: &str) -> bool {
    let path = origin_of(place).and_then(|origin| place.strip_prefix(&origin).map(str::to_owned));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    path.is_some_and(|path| path.ends_with('/') && path.bytes().all(is_plain))
}
