//! What `siwn dev` says when it is there.

use super::people::{People, WithKey};
use crate::failure::Failure;
use crate::output;

/// The address and a line for each account, its name and its private key; and in words what to do with them.
pub(super) fn announce(public_url: &str, people: &People, has_client: bool) -> Result<(), Failure> {
    output::line(public_url)?;
    for WithKey { account, .. } in people.with_key.iter().filter(|person| person.has_full_access) {
        output::line(&format!("{} {}", account.name, account.private_key.expose_text()))?;
    }
    eprintln!("\nOpen {public_url} in a browser to sign in and to see what the server sees. Or, in another terminal:\n");
    if let Some(WithKey { account, .. }) = people.with_key.first() {
        let (name, key) = (&account.name, account.private_key.expose_text());
        eprintln!("  SIWN_PRIVATE_KEY={key} siwn login {public_url} --account {name}\n");
    }
    eprintln!(
        "Pages of your own may use it from any port of this machine (http://localhost:*): their origins are allowed here, and only"
    );
    eprintln!("here. In them: import {{ signIn }} from \"{public_url}/api/auth/client.js\".");
    if !has_client {
        eprintln!(
            "\nThis binary was built without the browser client, so that client.js and wallets in the page are missing; the page's own"
        );
        eprintln!(
            "test wallet and the wallet's website work. For all of it, with Node: npm --prefix clients/web ci, npm --prefix clients/web"
        );
        eprintln!("run build, and start again.");
    }
    let contracts: Vec<_> = people.contracts.iter().map(|contract| contract.name.as_str()).collect();
    eprintln!("\nOn the page there are accounts that are contracts, too: {}.", contracts.join(", "));
    eprintln!("Everything here is thrown away when this ends: Ctrl-C.");
    Ok(())
}
