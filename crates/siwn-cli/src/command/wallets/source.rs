//! Where wallets come from: the list of this program, or a manifest in the form of NEAR Connect's.

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::download::Downloads;
use crate::failure::Failure;

/// Wallets whose scripts are pinned by commit and hash, with what each of them may reach.
const KNOWN: &str = include_str!("known.json");

pub(super) struct Source {
    wallets: Vec<Map<String, Value>>,
    /// What paths in it stand beside.
    address: Option<Url>,
}

/// A wallet of a source.
pub(super) struct Offered {
    pub(super) id: String,
    pub(super) executor: Url,
    pub(super) integrity: Option<String>,
    /// Whether it stands in the list of this program.
    pub(super) is_of_program: bool,
    /// Everything else that is said of it.
    pub(super) members: Map<String, Value>,
}

/// What a manifest looks like, as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Form {
    pub(super) wallets: Vec<Map<String, Value>>,
}

impl Source {
    pub(super) fn known() -> Result<Self, Failure> {
        parse(KNOWN.as_bytes(), None)
    }

    pub(super) async fn at(address: &str, downloads: &Downloads) -> Result<Self, Failure> {
        let address: Url = address.parse().map_err(|error| Failure::unknown(format!("{address}: {error}")))?;
        parse(&downloads.manifest(&address).await?, Some(address))
    }

    /// The wallets of these ids; without any, all that can sign people in by themselves.
    pub(super) fn chosen(self, ids: &[String]) -> Result<Vec<Offered>, Failure> {
        let text = |wallet: &Map<String, Value>, name: &str| wallet.get(name).and_then(Value::as_str).map(str::to_owned);
        let all: Vec<_> = self.wallets.iter().filter_map(|wallet| text(wallet, "id")).collect();
        if let Some(missing) = ids.iter().find(|id| !all.contains(id)) {
            return Err(Failure::unknown(format!("there is no wallet {missing:?}")).hint(format!("there are {}", all.join(", "))));
        }
        let known = Self::known()?;
        let mut chosen = Vec::new();
        for mut wallet in self.wallets {
            let Some(id) = text(&wallet, "id") else { continue };
            let is_asked_for = ids.contains(&id);
            if !ids.is_empty() && !is_asked_for {
                continue;
            }
            if let Some(why) = unfit(&wallet) {
                if is_asked_for {
                    return Err(Failure::unknown(format!("{id}: {why}")));
                }
                eprintln!("{id}: left out: {why}");
                continue;
            }
            let executor = text(&wallet, "executor").unwrap_or_default();
            let executor = match &self.address {
                Some(address) => address.join(&executor),
                None => executor.parse(),
            };
            let executor = executor.map_err(|error| Failure::unknown(format!("{id}: its executor: {error}")))?;
            let integrity = text(&wallet, "integrity");
            for name in ["policy", "extension"] {
                if let (None, Some(value)) = (wallet.get(name), known.said(&id, name)) {
                    wallet.insert(name.to_owned(), value.clone());
                }
            }
            chosen.push(Offered { id, executor, integrity, is_of_program: self.address.is_none(), members: wallet });
        }
        Ok(chosen)
    }

    fn said(&self, id: &str, name: &str) -> Option<&Value> {
        self.wallets.iter().find(|wallet| wallet.get("id").and_then(Value::as_str) == Some(id))?.get(name)
    }
}

impl Offered {
    /// Where its icon is, if that is an address.
    pub(super) fn icon(&self) -> Option<Url> {
        let icon = self.members.get("icon")?.as_str()?.parse::<Url>().ok()?;
        ["https", "http"].contains(&icon.scheme()).then_some(icon)
    }

    /// Whether nobody said what it may reach.
    pub(super) fn policy_is_open(&self) -> bool {
        !self.members.contains_key("policy")
    }
}

fn parse(text: &[u8], address: Option<Url>) -> Result<Source, Failure> {
    let form: Form =
        serde_json::from_slice(text).map_err(|error| Failure::unknown(format!("this is no manifest of wallets: {error}")))?;
    Ok(Source { wallets: form.wallets, address })
}

/// Why a wallet cannot sign anybody in here.
fn unfit(wallet: &Map<String, Value>) -> Option<&'static str> {
    let is = |path: [&str; 2]| wallet.get(path[0]).and_then(|part| part.get(path[1])) == Some(&json!(true));
    let id = wallet.get("id").and_then(Value::as_str).unwrap_or_default();
    if id.is_empty() || id.len() > 60 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        Some("an id has letters, digits, - and _")
    } else if wallet.get("type") != Some(&json!("sandbox")) {
        Some("it does not run in a sandbox")
    } else if !is(["features", "signMessage"]) {
        Some("it does not sign messages")
    } else if is(["permissions", "walletConnect"]) {
        Some("it needs a project of WalletConnect, which the login page has not")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_script_is_pinned_by_commit_and_hash() {
        let known = Source::known().unwrap().chosen(&[]).unwrap();
        assert_eq!(
            known.iter().map(|wallet| wallet.id.as_str()).collect::<Vec<_>>(),
            ["hot-wallet", "meteor-wallet", "mynearwallet", "ledger", "okx-wallet", "nightly-wallet"]
        );
        for wallet in known {
            let is_commit = |part: &str| part.len() == 40 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(wallet.executor.path_segments().unwrap().any(is_commit), "{}", wallet.executor);
            assert_eq!(wallet.executor.scheme(), "https");
            assert!(wallet.integrity.unwrap().starts_with("sha256-"), "{}", wallet.id);
            assert!(wallet.members.contains_key("policy"), "{}", wallet.id);
        }
    }
}
