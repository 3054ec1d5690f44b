//! What the login page offers.

use std::fmt;
use std::str::FromStr;

use siwn::{CallbackUrl, UrlError};
use thiserror::Error;

use super::frame::Template;
use super::logo::Logo;
use super::return_to;
use super::site_name::SiteName;
use super::theme::Theme;
use super::wallets::WalletManifest;

/// What the login page offers, where it may lead, and how it looks.
#[derive(Clone, Debug, Default)]
pub struct LoginPage {
    return_urls: Vec<CallbackUrl>,
    local_returns: LocalReturns,
    pub(super) wallets: WalletManifest,
    pub(super) name: Option<SiteName>,
    pub(super) logo: Option<Logo>,
    pub(super) theme: Theme,
    pub(super) style: Option<String>,
    pub(super) template: Option<Template>,
    websites: Option<Vec<Website>>,
}

/// Whether the page may lead to any page on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LocalReturns {
    #[default]
    Refuse,
    DangerouslyAllow,
}

/// A wallet that is a website, and that answers by sending the browser back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Website {
    /// As people know it.
    pub name: String,
    /// Where it signs messages, as in `https://app.mynearwallet.com/sign-message`.
    pub url: CallbackUrl,
}

/// Why a text is no website of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WebsiteError {
    /// No name, or no address.
    #[error("a wallet's website is written NAME=URL")]
    Form,
    /// The address.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// An address that is no website's.
    #[error("a wallet's website begins with https://, or with http:// for localhost")]
    Scheme,
}

impl FromStr for Website {
    type Err = WebsiteError;

    /// Reads `NAME=URL`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, url) = text.split_once('=').ok_or(WebsiteError::Form)?;
        if name.trim().is_empty() {
            return Err(WebsiteError::Form);
        }
        let url: CallbackUrl = url.trim().parse()?;
        // Plain http to other machines is refused in every address.
        if !url.as_str().starts_with("https://") && !url.as_str().starts_with("http://") {
            return Err(WebsiteError::Scheme);
        }
        Ok(Self { name: name.trim().into(), url })
    }
}

impl fmt::Display for Website {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.url)
    }
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

    /// Lets people go on to any page on this machine, on any port: for development.
    pub(crate) fn dangerous_local_returns(self) -> Self {
        Self { local_returns: LocalReturns::DangerouslyAllow, ..self }
    }

    /// Where people may go on to, of what a request says.
    pub(super) fn allowed_return<'a>(&self, text: &'a str) -> Option<&'a str> {
        let is_local = || self.local_returns == LocalReturns::DangerouslyAllow && return_to::is_local(text);
        return_to::allowed(text, &self.return_urls).or_else(|| is_local().then_some(text))
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

    /// Calls the site by this name; without one it is the recipient's.
    #[must_use]
    pub fn name(self, name: SiteName) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Shows this picture.
    #[must_use]
    pub fn logo(self, logo: Logo) -> Self {
        Self { logo: Some(logo), ..self }
    }

    /// Changes colours, corners and the font.
    #[must_use]
    pub fn theme(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// Adds a style sheet behind the page's own: CSS, which is handed out as it is.
    #[must_use]
    pub fn style(self, css: impl Into<String>) -> Self {
        Self { style: Some(css.into()), ..self }
    }

    /// Puts the page into a document of one's own.
    #[must_use]
    pub fn template(self, template: Template) -> Self {
        Self { template: Some(template), ..self }
    }

    /// With the wallets of this network only.
    pub(super) fn of_network(self, network: &str) -> Self {
        Self { wallets: self.wallets.of_network(network), ..self }
    }

    /// The addresses that people may go on to.
    #[must_use]
    pub fn return_urls(&self) -> &[CallbackUrl] {
        &self.return_urls
    }

    /// The names of the wallets that run in a sandbox.
    pub fn wallet_names(&self) -> impl Iterator<Item = &str> {
        self.wallets.names()
    }

    /// The wallets' websites that it offers on this network.
    #[must_use]
    pub fn websites(&self, network: &str) -> Vec<Website> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_website_is_a_name_and_an_address() {
        let website: Website = " My wallet = https://wallet.example/sign?a=b".parse().unwrap();
        assert_eq!((website.name.as_str(), website.url.as_str()), ("My wallet", "https://wallet.example/sign?a=b"));
        assert_eq!("https://wallet.example".parse::<Website>(), Err(WebsiteError::Form));
        assert_eq!("=https://wallet.example".parse::<Website>(), Err(WebsiteError::Form));
        assert_eq!("My wallet=wallet-app://sign".parse::<Website>(), Err(WebsiteError::Scheme));
        assert!("My wallet=http://wallet.example".parse::<Website>().is_err());
    }

    #[test]
    fn networks_that_nobody_knows_have_no_websites() {
        assert_eq!(LoginPage::new().websites("mainnet").len(), 1);
        assert_eq!(LoginPage::new().websites("testnet").len(), 1);
        assert!(LoginPage::new().websites("siwn-devnet").is_empty());
        assert!(LoginPage::new().websites_only(Vec::new()).websites("mainnet").is_empty());
    }
}
