//! What the login page offers.

use siwn::CallbackUrl;

use super::manifest::WalletManifest;

/// What the login page offers, and where it may lead.
#[derive(Clone, Debug, Default)]
pub struct LoginPage {
    pub(super) return_urls: Vec<CallbackUrl>,
    pub(super) wallets: WalletManifest,
    websites: Option<Vec<Website>>,
}

/// A wallet that is a website, and that answers by sending the browser back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Website {
    /// As people know it.
    pub name: String,
    /// Where it signs messages, as in `https://app.mynearwallet.com/sign-message`.
    pub url: CallbackUrl,
}

impl LoginPage {
    /// A page with the wallets' websites that are known for the network.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets people go on to this address after a login (`/login?return_to=…`), byte for byte. Paths of the own origin are allowed anyway.
    #[must_use]
    pub fn return_url(mut self, url: CallbackUrl) -> Self {
        self.return_urls.push(url);
        self
    }

    /// Offers these websites, and no others.
    #[must_use]
    pub fn websites_only(self, websites: Vec<Website>) -> Self {
        Self { websites: Some(websites), ..self }
    }

    /// Offers wallets that run in a sandbox of the page, whose scripts come from where the manifest says.
    #[must_use]
    pub fn wallets(self, manifest: WalletManifest) -> Self {
        Self { wallets: manifest, ..self }
    }

    pub(super) fn websites(&self, network: &str) -> Vec<Website> {
        self.websites.clone().unwrap_or_else(|| known(network))
    }
}

/// The websites of a network that sign messages and send the browser back.
fn known(network: &str) -> Vec<Website> {
    let url = match network {
        "mainnet" => "https://app.mynearwallet.com/sign-message",
        "testnet" => "https://testnet.mynearwallet.com/sign-message",
        _ => return Vec::new(),
    };
    vec![Website { name: "MyNearWallet".into(), url: url.parse().expect("an address") }]
}
