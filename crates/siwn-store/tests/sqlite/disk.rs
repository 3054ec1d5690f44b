//! A disk that is full, and one that is read-only. A child has it to itself; only root may make it.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use siwn::{Opening, Store as _, StoreError};
use siwn_store::SqliteStore;

use super::{id, open, session, try_open};
use siwn_store::sqlite::OpenError;

const DISK: &str = "SIWN_TEST_DISK";
/// Mounts a small disk at the first argument, where nobody else sees it, and runs the rest.
const ON_A_SMALL_DISK: &str = r#"mount -t tmpfs -o size=768k none "$1" && shift && exec "$@""#;

fn on_a_small_disk(at: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", ON_A_SMALL_DISK, "sh"]).arg(at);
    command
}

#[test]
fn a_full_disk_and_a_read_only_one_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    if !on_a_small_disk(directory.path()).arg("true").output().is_ok_and(|output| output.status.success()) {
        eprintln!("not tried: this user may not mount a disk");
        return;
    }
    let child = on_a_small_disk(directory.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "disk::a_child_fills_its_disk", "--ignored", "--nocapture"])
        .env(DISK, directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&child.stderr));
}

#[tokio::test]
#[ignore = "played by the child of the other test"]
async fn a_child_fills_its_disk() {
    let disk = PathBuf::from(std::env::var_os(DISK).unwrap());
    let (path, ballast) = (disk.join("siwn.db"), disk.join("ballast"));
    fs::write(&ballast, vec![1; 200 << 10]).unwrap();
    let store = open(&path);
    let mut answered = 0;
    let full = loop {
        match store.open(&session(&store, answered, 1)).await {
            Ok(Opening::Opened) => answered += 1,
            other => break other,
        }
    };
    assert!(matches!(full, Err(StoreError::Full)), "after {answered} logins: {full:?}");
    assert!(answered > 10, "{answered}");
    assert!(matches!(store.check().await, Err(StoreError::Full)));
    all_are_there(&store, answered).await;

    fs::remove_file(&ballast).unwrap();
    store.check().await.unwrap();
    assert_eq!(store.open(&session(&store, answered, 1)).await.unwrap(), Opening::Opened, "nothing was spent");
    store.shutdown().await;

    remount(&disk, "ro");
    let refused = try_open(&path);
    assert!(matches!(refused, Err(OpenError::ReadOnly)), "{refused:?}");
    remount(&disk, "rw");
    all_are_there(&open(&path), answered + 1).await;
}

async fn all_are_there(store: &SqliteStore, answered: u64) {
    for challenge in 0..answered {
        assert!(store.find(id(challenge)).await.unwrap().is_some(), "{challenge} of {answered}");
        assert_eq!(store.open(&session(store, challenge, 2)).await.unwrap(), Opening::AlreadySpent);
    }
}

fn remount(disk: &Path, how: &str) {
    let status = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(disk).status().unwrap();
    assert!(status.success());
}
