//! Wallets that run in a sandbox of the login page: what an operator says of them.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use siwn::Origin;
use thiserror::Error;

/// The wallets that the login page offers by way of its connector: JSON, `{"wallets": […]}`, in the form of NEAR Connect's manifest.
///
/// Each has an `id`, a `name`, a `version`, the `features` and `permissions` of that form, and an `executor`: the address of a script, on
/// https or a path of the own origin. `integrity` holds the script to a hash; `policy` names what it may reach:
/// `{"connect": ["https://…"], "frame": […], "image": […]}`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct WalletManifest {
    wallets: Vec<Entry>,
}

/// Why a text is no manifest.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not JSON, or not in the form.
    #[error("{0}")]
    Form(String),
    /// A wallet that cannot be offered.
    #[error("wallet {id:?}: {problem}")]
    Wallet {
        /// Which one.
        id: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Entry {
    id: String,
    name: String,
    version: String,
    executor: String,
    features: Map<String, Value>,
    permissions: Map<String, Value>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    integrity: Option<String>,
    #[serde(default, skip_serializing)]
    policy: Policy,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// What a wallet's script may reach beside the script itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Policy {
    connect: Vec<String>,
    frame: Vec<String>,
    image: Vec<String>,
}

/// Origins that the page's policy allows for its wallets.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) connect: BTreeSet<String>,
    pub(super) frame: BTreeSet<String>,
    pub(super) image: BTreeSet<String>,
}

impl WalletManifest {
    pub(super) fn is_empty(&self) -> bool {
        self.wallets.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.wallets.iter().map(|wallet| wallet.name.as_str())
    }

    pub(super) fn reach(&self) -> Reach {
        let mut reach = Reach::default();
        for Entry { executor, policy, .. } in &self.wallets {
            reach.connect.extend(origin_of(executor));
            reach.connect.extend(policy.connect.iter().cloned());
            reach.frame.extend(policy.frame.iter().cloned());
            reach.image.extend(policy.image.iter().cloned());
        }
        reach
    }
}

impl FromStr for WalletManifest {
    type Err = ManifestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        #[derive(Deserialize)]
        struct Form {
            wallets: Vec<Entry>,
        }
        let form: Form = serde_json::from_str(text).map_err(|error| ManifestError::Form(error.to_string()))?;
        let mut ids = BTreeSet::new();
        for wallet in &form.wallets {
            let refused = |problem| Err(ManifestError::Wallet { id: wallet.id.clone(), problem });
            if !ids.insert(&wallet.id) {
                return refused("stands there twice");
            }
            if let Err(problem) = wallet.check() {
                return refused(problem);
            }
        }
        Ok(Self { wallets: form.wallets })
    }
}

impl Entry {
    fn check(&self) -> Result<(), &'static str> {
        // The connector writes them into the sandbox's HTML, and into the names of what it stores.
        let is_plain =
            |text: &str| !text.is_empty() && text.len() <= 64 && !text.contains(['<', '>', '"', '&', '`', ':', '\\', '$']);
        let is_path = self.executor.starts_with('/') && !self.executor.starts_with("//");
        let Policy { connect, frame, image } = &self.policy;
        let mut origins = connect.iter().chain(frame).chain(image);
        if !is_plain(&self.id) || !is_plain(&self.name) {
            Err("id and name have 1 to 64 characters, and none of < > \" & ` : \\ $")
        } else if self.kind != "sandbox" {
            Err("the type is sandbox: wallets that are installed make themselves known")
        } else if self.features.get("signMessage") != Some(&Value::Bool(true)) {
            Err("it does not sign messages (features.signMessage)")
        } else if !is_path && origin_of(&self.executor).is_none() {
            Err("the executor is an https address or a path of the own origin")
        } else if !self.integrity.as_deref().is_none_or(|hash| hash.starts_with("sha384-") || hash.starts_with("sha512-")) {
            Err("an integrity begins with sha384- or sha512-")
        } else if !origins.all(|origin| is_reachable(origin)) {
            Err("the policy names origins, as in https://relay.example or wss://relay.example")
        } else {
            Ok(())
        }
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wallet() -> Value {
        json!({
            "id": "a-wallet", "name": "A wallet", "version": "1.0.0", "type": "sandbox", "executor": "https://cdn.example/a.js",
            "features": { "signMessage": true }, "permissions": { "storage": true }, "website": "https://wallet.example",
            "policy": { "connect": ["wss://relay.example"] },
        })
    }

    fn parse(wallets: &[Value]) -> Result<WalletManifest, String> {
        json!({ "wallets": wallets }).to_string().parse().map_err(|error: ManifestError| error.to_string())
    }

    #[test]
    fn a_manifest_says_what_its_wallets_reach_and_pages_get_the_rest() {
        let manifest = parse(&[wallet()]).unwrap();
        let connect: Vec<_> = manifest.reach().connect.into_iter().collect();
        assert_eq!(connect, ["https://cdn.example", "wss://relay.example"]);
        let mut given = wallet();
        given.as_object_mut().unwrap().remove("policy");
        assert_eq!(serde_json::to_value(&manifest).unwrap(), json!({ "wallets": [given] }));
    }

    #[test]
    fn what_cannot_be_offered_is_told() {
        for (member, value) in [
            ("id", json!("a\"wallet")),
            ("id", json!("")),
            ("name", json!("<b>")),
            ("type", json!("injected")),
            ("features", json!({ "signMessage": false })),
            ("executor", json!("http://cdn.example/a.js")),
            ("executor", json!("//cdn.example/a.js")),
            ("executor", json!("data:text/javascript,")),
            ("integrity", json!("md5-abc")),
            ("policy", json!({ "connect": ["https://relay.example/path"] })),
            ("policy", json!({ "connect": ["*"] })),
            ("policy", json!({ "connect": ["https://a.example; script-src *"] })),
            ("policy", json!({ "script": ["https://a.example"] })),
        ] {
            let mut bad = wallet();
            bad[member] = value.clone();
            assert!(parse(&[bad]).is_err(), "{member} {value}");
        }
        assert_eq!(parse(&[wallet(), wallet()]).unwrap_err(), "wallet \"a-wallet\": stands there twice");
        assert!("{}".parse::<WalletManifest>().is_err());
    }
}
