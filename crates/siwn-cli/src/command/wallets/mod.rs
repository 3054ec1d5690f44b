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
    // What this program names was looked at; a manifest from elsewhere can change at any time, with all that it says of itself.
    let may_change = update || wallet.is_of_program;
    let how = judged(wallet.integrity.take(), folder.integrity(&wallet.id), may_change, &hash).map_err(|(expected, hint)| {
        let error = format!("{}: the script at {} has the hash {hash}, and {expected} was expected", wallet.id, wallet.executor);
        Failure::no(error).hint(hint)
    })?;
    let icon = match wallet.icon() {
        Some(address) => downloads.icon(&address).await.unwrap_or_else(|problem| {
            eprintln!("{}: no icon: {problem}", wallet.id);
            None
        }),
        None => None,
    };
    if !may_change && folder.keep_policy(&mut wallet) {
        eprintln!("{}: what it may reach stays as it is; --update takes over what the manifest says", wallet.id);
    }
    if wallet.policy_is_open() && !folder.has_policy(&wallet.id) {
        eprintln!("{}: what it may reach is not known; add it to its policy in the folder's manifest.json", wallet.id);
    }
    let line = format!("{} {hash} {how}", wallet.id);
    folder.add(wallet, script, &hash, icon);
    Ok(line)
}

/// How a script is known that has this hash; or which hash it should have, and what to do.
fn judged(
    pinned: Option<String>,
    seen: Option<String>,
    may_change: bool,
    hash: &str,
) -> Result<&'static str, (String, &'static str)> {
    match (pinned, seen) {
        (Some(pinned), _) if pinned != hash => Err((pinned, "do not use it; whoever names the hash has not named this script")),
        (_, Some(seen)) if seen != hash && !may_change => {
            Err((seen, "look at what has changed; --update takes it over. Nothing was written"))
        }
        (_, Some(seen)) if seen != hash => Ok("new script, taken over"),
        (Some(_), _) => Ok("pinned"),
        (None, Some(_)) => Ok("as before"),
        (None, None) => Ok("first seen"),
    }
}

/// A server must take what was written.
fn accepted(folder: &Path) -> Result<(), Failure> {
    WalletManifest::read(folder).map(|_| ()).map_err(|error| Failure::unknown(format!("{}: {error}", folder.display())))
}
