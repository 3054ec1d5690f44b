//! Wallets that run in a sandbox of the login page: what an operator says of them.

mod entry;
mod integrity;
mod script;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

pub(super) use self::entry::Reach;
pub(super) use self::script::Script;

use self::entry::Entry;

/// The name of the manifest in a folder of wallets.
const MANIFEST: &str = "manifest.json";

/// The wallets that the login page offers by way of its connector: JSON, `{"wallets": […]}`, in the form of NEAR Connect's manifest.
///
/// Each has an `id`, a `name`, a `version`, the `features` and `permissions` of that form, and an `executor`: the name of a script beside
/// the manifest, an https address, or a path of the own origin. `integrity` holds the script to a hash, which one beside the manifest
/// must have; `policy` names what it may do: `{"connect": ["https://…"], "frame": […], "image": […], "handlers": ["sha256-…"]}`.
#[derive(Clone, Debug, Default)]
pub struct WalletManifest {
    wallets: Vec<Entry>,
    /// The scripts beside it.
    scripts: Vec<Script>,
}

/// Why a text or a folder is no manifest.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not JSON, or not in the form.
    #[error("{0}")]
    Form(String),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[source] std::io::Error),
    /// A wallet that cannot be offered.
    #[error("wallet {id:?}: {problem}")]
    Wallet {
        /// Which one.
        id: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl WalletManifest {
    /// Reads a manifest with the scripts beside it: a file, or a folder with a `manifest.json`, as `siwn wallets pull` makes it.
    ///
    /// # Errors
    /// The same as of a text, and where a script beside it cannot be read or has another hash than the manifest says.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let file: PathBuf = if path.is_dir() { path.join(MANIFEST) } else { path.to_owned() };
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut manifest = Self::parse(&fs::read_to_string(&file).map_err(ManifestError::File)?)?;
        for wallet in manifest.wallets.iter().filter(|wallet| wallet.is_beside_the_manifest()) {
            let Some(integrity) = &wallet.integrity else { continue };
            if manifest.scripts.iter().any(|script| script.name == wallet.executor) {
                return Err(refused(wallet, "another wallet has this script"));
            }
            let script = Script::read(folder, &wallet.executor, integrity).map_err(|problem| refused(wallet, problem))?;
            manifest.scripts.push(script);
        }
        Ok(manifest)
    }

    /// The names of the wallets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.wallets.iter().map(|wallet| wallet.name.as_str())
    }

    /// The wallets for this network.
    pub(super) fn of_network(mut self, network: &str) -> Self {
        self.wallets.retain(|wallet| wallet.is_for(network));
        self
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.wallets.is_empty()
    }

    pub(super) fn reach(&self) -> Reach {
        let mut reach = Reach::default();
        self.wallets.iter().for_each(|wallet| reach.add(wallet));
        reach
    }

    pub(super) fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    /// As the page gets it, where scripts beside the manifest are reached under `folder`.
    pub(super) fn for_page(&self, folder: &str) -> serde_json::Value {
        let own = |wallet: &Entry| wallet.is_beside_the_manifest().then(|| format!("{folder}{}", wallet.executor));
        json!({ "wallets": self.wallets.iter().map(|wallet| wallet.for_page(own(wallet))).collect::<Vec<_>>() })
    }

    fn parse(text: &str) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct Form {
            wallets: Vec<Entry>,
        }
        let form: Form = serde_json::from_str(text).map_err(|error| ManifestError::Form(error.to_string()))?;
        let mut ids = BTreeSet::new();
        for wallet in &form.wallets {
            if !ids.insert(&wallet.id) {
                return Err(refused(wallet, "stands there twice"));
            }
            wallet.check().map_err(|problem| refused(wallet, problem))?;
        }
        Ok(Self { wallets: form.wallets, scripts: Vec::new() })
    }
}

impl FromStr for WalletManifest {
    type Err = ManifestError;

    /// Reads a manifest that has no scripts beside it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let manifest = Self::parse(text)?;
        match manifest.wallets.iter().find(|wallet| wallet.is_beside_the_manifest()) {
            Some(wallet) => Err(refused(wallet, "its script lies beside the manifest; read it from there")),
            None => Ok(manifest),
        }
    }
}

fn refused(wallet: &Entry, problem: impl Into<String>) -> ManifestError {
    ManifestError::Wallet { id: wallet.id.clone(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const ABC: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

    fn wallet() -> Value {
        json!({
            "id": "a-wallet", "name": "A wallet", "version": "1.0.0", "type": "sandbox", "executor": "https://cdn.example/a.js",
            "features": { "signMessage": true }, "permissions": { "storage": true }, "website": "https://wallet.example",
            "policy": { "connect": ["wss://relay.example"], "handlers": [ABC] },
        })
    }

    fn with(members: &Value) -> Value {
        let mut wallet = wallet();
        wallet.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        wallet
    }

    fn parse(wallets: &[Value]) -> Result<WalletManifest, String> {
        json!({ "wallets": wallets }).to_string().parse().map_err(|error: ManifestError| error.to_string())
    }

    /// A folder with the manifest of a wallet and its script.
    fn folder(wallet: &Value, script: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST), json!({ "wallets": [wallet] }).to_string()).unwrap();
        fs::write(folder.path().join("a.js"), script).unwrap();
        folder
    }

    #[test]
    fn a_manifest_says_what_its_wallets_reach_and_pages_get_the_rest() {
        let manifest = parse(&[wallet()]).unwrap();
        let Reach { connect, handlers, .. } = manifest.reach();
        assert_eq!(connect.into_iter().collect::<Vec<_>>(), ["https://cdn.example", "wss://relay.example"]);
        assert_eq!(handlers.into_iter().collect::<Vec<_>>(), [ABC]);
        let mut given = wallet();
        given.as_object_mut().unwrap().remove("policy");
        assert_eq!(manifest.for_page("/"), json!({ "wallets": [given] }));
    }

    #[test]
    fn what_cannot_be_offered_is_told() {
        for bad in [
            json!({ "id": "a\"wallet" }),
            json!({ "id": "" }),
            json!({ "name": "<b>" }),
            json!({ "type": "injected" }),
            json!({ "features": { "signMessage": false } }),
            json!({ "executor": "http://cdn.example/a.js" }),
            json!({ "executor": "//cdn.example/a.js" }),
            json!({ "executor": "data:text/javascript," }),
            json!({ "executor": "../a.js" }),
            json!({ "executor": "a.js" }),
            json!({ "integrity": "md5-abc" }),
            json!({ "integrity": "sha384-abc" }),
            json!({ "policy": { "connect": ["https://relay.example/path"] } }),
            json!({ "policy": { "connect": ["*"] } }),
            json!({ "policy": { "connect": ["https://relay.example/"] } }),
            json!({ "policy": { "image": ["https://images.example/a"] } }),
            json!({ "policy": { "image": ["https://images.example/a; script-src */"] } }),
            json!({ "policy": { "image": ["/a/"] } }),
            json!({ "policy": { "connect": ["https://a.example; script-src *"] } }),
            json!({ "policy": { "script": ["https://a.example"] } }),
            json!({ "policy": { "handlers": ["unsafe-inline"] } }),
            json!({ "policy": { "handlers": ["sha256-abc' 'unsafe-inline"] } }),
        ] {
            assert!(parse(&[with(&bad)]).is_err(), "{bad}");
        }
        assert_eq!(parse(&[wallet(), wallet()]).unwrap_err(), "wallet \"a-wallet\": stands there twice");
        assert!("{}".parse::<WalletManifest>().is_err());
    }

    #[test]
    fn images_may_come_from_a_folder_of_a_host_that_others_share() {
        let manifest = parse(&[with(&json!({ "policy": { "image": ["https://shared.example/a-wallet/", "https://a.example"] } }))]);
        let image: Vec<_> = manifest.unwrap().reach().image.into_iter().collect();
        assert_eq!(image, ["https://a.example", "https://shared.example/a-wallet/"]);
    }

    #[test]
    fn a_script_beside_the_manifest_is_held_to_its_hash() {
        let own = with(&json!({ "executor": "a.js", "integrity": ABC }));
        assert!(parse(std::slice::from_ref(&own)).unwrap_err().contains("lies beside the manifest"));
        let good = folder(&own, "abc");
        for path in [good.path().to_owned(), good.path().join(MANIFEST)] {
            let manifest = WalletManifest::read(&path).unwrap();
            assert_eq!(manifest.for_page("/x/")["wallets"][0]["executor"], "/x/a.js");
            assert_eq!(manifest.scripts()[0].bytes.as_ref(), b"abc");
            assert_eq!(manifest.reach().connect.into_iter().collect::<Vec<_>>(), ["wss://relay.example"]);
        }
        for (members, script, words) in [
            (json!({ "executor": "a.js", "integrity": ABC }), "abd", "another hash"),
            (json!({ "executor": "b.js", "integrity": ABC }), "abc", "cannot be read"),
            (json!({ "executor": "a.js" }), "abc", "has an integrity"),
        ] {
            let error = WalletManifest::read(folder(&with(&members), script).path()).unwrap_err().to_string();
            assert!(error.starts_with("wallet \"a-wallet\": ") && error.contains(words), "{error}");
        }
        assert!(matches!(WalletManifest::read(Path::new("/nowhere")), Err(ManifestError::File(_))));
    }

    #[test]
    fn a_network_has_the_wallets_that_sign_on_it() {
        let names = |network: &str| {
            let features = |id: &str, features: Value| with(&json!({ "id": id, "name": id, "features": features }));
            let wallets = [
                features("main", json!({ "signMessage": true })),
                features("test", json!({ "signMessage": true, "mainnet": false, "testnet": true })),
                features("both", json!({ "signMessage": true, "testnet": true })),
            ];
            parse(&wallets).unwrap().of_network(network).names().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names("mainnet"), ["main", "both"]);
        assert_eq!(names("testnet"), ["test", "both"]);
        assert_eq!(names("my-devnet"), ["main", "test", "both"]);
    }

    #[test]
    fn an_icon_loads_nothing_and_ends_no_text() {
        for (icon, is_kept) in [
            ("data:image/png;base64,AA==", true),
            ("data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>", true),
            ("https://icons.example/a.png", false),
            ("data:text/html,a", false),
            ("data:image/svg+xml,\"", false),
            ("data:image/svg+xml,${alert(1)}", false),
            ("data:image/svg+xml,`", false),
            ("data:image/svg+xml,</SCRIPT>", false),
            ("", false),
        ] {
            let page = parse(&[with(&json!({ "icon": icon }))]).unwrap().for_page("/");
            assert_eq!(page["wallets"][0].get("icon").is_some(), is_kept, "{icon}");
        }
    }
}
