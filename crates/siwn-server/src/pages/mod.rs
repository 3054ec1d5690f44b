//! The pages of a login, their scripts, and the client for everybody else's pages.

mod asset;
mod callback;
mod document;
mod frame;
mod language;
mod login;
mod logo;
mod policy;
pub(crate) mod return_to;
mod settings;
mod site_name;
mod template;
mod theme;
mod wallets;

use siwn::{Message, PublicUrl, Recipient};

pub use self::asset::built_files;
pub use self::frame::{Template, TemplateError};
pub use self::logo::{Logo, LogoError};
pub use self::settings::{LoginPage, Website, WebsiteError};
pub use self::site_name::{SiteName, SiteNameError};
pub use self::theme::{Theme, ThemeError};
pub use self::wallets::{ManifestError, WalletManifest};

use self::asset::Assets;
use self::language::Languages;

/// What the pages are made of.
pub(crate) struct Pages {
    settings: LoginPage,
    recipient: Recipient,
    /// What people sign.
    message: Message,
    websites: Vec<Website>,
    /// The wallets for the sandbox, as the page gets them.
    manifest: serde_json::Value,
    network: String,
    /// What people see in the address bar.
    origin: String,
    /// Where the site is reached.
    public_url: String,
    assets: Assets,
    languages: Languages,
}

impl Pages {
    /// Pages of the site at `public_url`, on `network`.
    pub(crate) fn new(settings: LoginPage, recipient: Recipient, message: Message, public_url: &PublicUrl, network: &str) -> Self {
        let settings = settings.of_network(network);
        Self {
            websites: settings.websites(network),
            manifest: settings.wallets.for_page(&format!("{}/api/auth/wallets/", public_url.path())),
            assets: Assets::new(&settings),
            settings,
            recipient,
            message,
            network: network.to_owned(),
            origin: public_url.origin().to_string(),
            public_url: public_url.to_string(),
            languages: Languages::new(),
        }
    }

    /// Whether npm had built the client.
    pub(crate) fn has_client(&self) -> bool {
        self.assets.has_client()
    }

    /// The scripts, styles and pictures of the pages, and the client.
    pub(crate) const fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Whether there are wallets for the connector, and the connector.
    fn has_sandboxes(&self) -> bool {
        !self.settings.wallets.is_empty() && self.assets.has_connector()
    }
}
