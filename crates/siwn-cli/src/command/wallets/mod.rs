//! `siwn wallets`: the scripts of wallets that run in a sandbox of the login page, on this machine and held to their hashes.

mod download;
mod folder;
mod source;

use std::path::Path;

use siwn_server::WalletManifest;

use self::download::Downloads;
use self::folder::Folder;
use self::source::{Offered, Source};
use crate::arguments::Pull;
use crate::failure::Failure;
use crate::{output, runtime};

/// `siwn wallets pull`: nothing is written until every script is there and has the hash that it should have.
pub(crate) fn pull(arguments: &Pull) -> Result<(), Failure> {
    let lines = runtime::run(fetch(arguments))?;
    for line in lines {
        output::line(&line)?;
    }
    eprintln!("Set wallets = \"{}\" in siwn's configuration, and start it anew.", arguments.folder.display());
    Ok(())
}

async fn fetch(arguments: &Pull) -> Result<Vec<String>, Failure> {
    let downloads = Downloads::new()?;
    let source = match &arguments.from {
        Some(address) => Source::at(address, &downloads).await?,
        None => Source::known()?,
    };
    let mut folder = Folder::open(&arguments.folder)?;
    let mut lines = Vec::new();
    for wallet in source.chosen(&arguments.only)? {
        lines.push(add(&mut folder, wallet, &downloads, arguments.update).await?);
    }
    folder.write()?;
    accepted(&arguments.folder)?;
    Ok(lines)
}

/// Adds a wallet to what will be written, and says how its hash was judged.
async fn add(folder: &mut Folder, mut wallet: Offered, downloads: &Downloads, update: bool) -> Result<String, Failure> {
    let script = downloads.script(&wallet.executor).await?;
    let hash = download::integrity(&script);
    let (expected, how) = match (wallet.integrity.take(), folder.integrity(&wallet.id)) {
        (Some(pinned), _) => (Some(pinned), "pinned"),
        (None, Some(seen)) if !update => (Some(seen), "as before"),
        (None, Some(seen)) => (None, if seen == hash { "as before" } else { "new script, taken over" }),
        (None, None) => (None, "first seen"),
    };
    if let Some(expected) = expected
        && expected != hash
    {
        let error = format!("{}: the script at {} has the hash {hash}, and {expected} was expected", wallet.id, wallet.executor);
        let hint = if how == "pinned" {
            "do not use it; whoever names the hash has not named this script"
        } else {
            "look at what has changed; --update takes it over. Nothing was written"
        };
        return Err(Failure::no(error).hint(hint));
    }
    let icon = match wallet.icon() {
        Some(address) => downloads.icon(&address).await.unwrap_or_else(|problem| {
            eprintln!("{}: no icon: {problem}", wallet.id);
            None
        }),
        None => None,
    };
    if wallet.policy_is_open() && !folder.has_policy(&wallet.id) {
        eprintln!("{}: what it may reach is not known; add it to its policy in the folder's manifest.json", wallet.id);
    }
    let line = format!("{} {hash} {how}", wallet.id);
    folder.add(wallet, script, &hash, icon);
    Ok(line)
}

/// A server must take what was written.
fn accepted(folder: &Path) -> Result<(), Failure> {
    WalletManifest::read(folder).map(|_| ()).map_err(|error| Failure::unknown(format!("{}: {error}", folder.display())))
}
