//! `siwn secret rotate`

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use siwn::UnixMillis;
use siwn_server::Rotation;
use siwn_server::config::Config;
use zeroize::Zeroizing;

use crate::arguments::Rotate;
use crate::configuration::told;
use crate::failure::Failure;
use crate::store::Opened;
use crate::{input, output, runtime};

/// What became of it: both times in UTC.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    /// Every process knows the new secret before then.
    makes_challenges_from: String,
    /// From then on the old one is worth nothing.
    old_is_over_at: String,
}

/// Puts a new secret beside the present one, where that is kept; it takes over by itself when its time comes.
pub(crate) fn rotate(arguments: &Rotate) -> Result<(), Failure> {
    let sources = arguments.settings.sources().map_err(|faults| Failure::unknown(told(&faults)))?;
    let config = arguments.settings.require()?;
    let now = input::now();
    // The secret is every site's.
    let challenge_lifetime = config.sites.iter().map(|site| site.challenge_ttl).max().unwrap_or_default();
    let rotation = Rotation { next: input::random()?, from: now + arguments.after, now, challenge_lifetime };
    match (&config.secret_file, sources.place("secret")) {
        (Some(path), _) => {
            in_file(path, &rotation)?;
            eprintln!("Send SIGHUP to every process before then. The change is over when the old secret is.");
        }
        (None, Some(place)) => return by_hand(place, &rotation),
        (None, None) => {
            runtime::run(in_store(&config, &rotation))?;
            eprintln!("Every process that shares the store reads it within a minute. The change is over when the old secret is.");
        }
    }
    output::json(&Summary { makes_challenges_from: shown(rotation.from), old_is_over_at: shown(rotation.end()) })
}

/// No command changes the environment of other processes, or writes into a file that somebody else keeps.
fn by_hand(place: &str, rotation: &Rotation) -> Result<(), Failure> {
    eprintln!("The secret is given in {place}, which is yours to change. Write behind it, without a space, what is printed here,");
    eprintln!(
        "and restart every process before {}. From {} on only the new one is needed.",
        shown(rotation.from),
        shown(rotation.end())
    );
    output::line(&rotation.addition())
}

async fn in_store(config: &Config, rotation: &Rotation) -> Result<(), Failure> {
    let store = Opened::open(&config.store).await?;
    let Some(keeper) = store.keeper() else {
        return Err(Failure::unknown("this store keeps no secret").hint("give one in secret_file to all processes"));
    };
    let failed = |error: siwn::StoreError| Failure::caused("store", &error);
    let old = Zeroizing::new(keeper.kept_secrets(&input::new_secret()?).await.map_err(failed)?);
    let new = rotation.of(&old).map_err(refused)?;
    let is_replaced = keeper.replace_secrets(&old, &new).await.map_err(failed)?;
    drop(keeper);
    store.close().await;
    if is_replaced {
        Ok(())
    } else {
        Err(Failure::no("somebody else has just changed the secret").hint("there is nothing left to do"))
    }
}

/// Replaces the file as a whole: whoever reads it finds the old text or the new one.
fn in_file(path: &Path, rotation: &Rotation) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        Failure::unknown(format!("the secret's file cannot be changed: {error}"))
            .hint("this needs the rights of its owner, in its folder too; a file that something else provides is changed there")
    };
    // A link stays one.
    let path = fs::canonicalize(path).map_err(failed)?;
    let (beside, mut file) = file_beside(&path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::unknown("somebody else is changing the secret's file")
            .hint("where nobody is, a file that ends in .rotating was left behind beside it; delete it"),
        _ => failed(error),
    })?;
    let replaced = replace(&path, &beside, &mut file, rotation);
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
    }
    replaced.map_err(|error| match error {
        NotReplaced::Refused(failure) => failure,
        NotReplaced::Io(error) => failed(error),
    })
}

enum NotReplaced {
    Refused(Failure),
    Io(io::Error),
}

impl From<io::Error> for NotReplaced {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn replace(path: &Path, beside: &Path, file: &mut File, rotation: &Rotation) -> Result<(), NotReplaced> {
    let old = Zeroizing::new(fs::read_to_string(path)?);
    let new = rotation.of(&old).map_err(|error| NotReplaced::Refused(refused(error)))?;
    keep_owner(path, file)?;
    file.write_all(new.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    // The new name must outlive the machine too.
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A new file for its owner alone. Its name is always the same: two cannot be at it at once.
fn file_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".rotating");
    let beside = path.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&beside)?;
    Ok((beside, file))
}

/// The server must be able to read what an administrator wrote.
#[cfg(unix)]
fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let (old, new) = (fs::metadata(path)?, file.metadata()?);
    let is_same = (old.uid(), old.gid()) == (new.uid(), new.gid());
    if is_same { Ok(()) } else { fchown(file, Some(old.uid()), Some(old.gid())) }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

fn refused(error: siwn_server::RotationError) -> Failure {
    use siwn_server::RotationError;

    let hint = match error {
        RotationError::UnderWay { .. } => "wait until then: whoever has an older challenge would be refused",
        RotationError::Undated => "take away the one that is no longer needed, and try again",
        _ => "a secret is 64 hexadecimal digits",
    };
    Failure::no(error).hint(hint)
}

fn shown(time: UnixMillis) -> String {
    humantime::format_rfc3339_millis(SystemTime::from(time)).to_string()
}
