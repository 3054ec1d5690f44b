//! What the binary is built from, for `siwn --version`. When and where it is built leaves no trace in it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_COMMIT");
    let rustc = run(&variable("RUSTC"), &["--version"]).unwrap_or_else(|| "an unknown rustc".into());
    // Not `SIWN_…`: under `cargo run` the binary would take them for settings.
    println!("cargo::rustc-env=BUILT_FROM={}", source(&variable("PROFILE")));
    println!("cargo::rustc-env=BUILT_WITH={rustc}, for {}, {}", variable("TARGET"), variable("PROFILE"));
    println!("cargo::rustc-env=BUILT_CURVE25519={}", curve25519(&variable));
}

/// The commit, where it can be told. Whoever builds without a checkout names it in `SOURCE_COMMIT`.
fn source(profile: &str) -> String {
    if let Some(commit) = env::var("SOURCE_COMMIT").ok().filter(|commit| !commit.is_empty()) {
        return format!("commit {commit}");
    }
    let own = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    // What `cargo package` writes into a crate that it takes from a checkout.
    if let Ok(packed) = fs::read_to_string(own.join(".cargo_vcs_info.json")) {
        let commit = packed.split("\"sha1\": \"").nth(1).and_then(|rest| rest.split('"').next());
        return commit.map_or_else(|| "a packed crate".into(), |commit| format!("a packed crate of commit {commit}"));
    }
    let root = own.join("../..");
    if !root.join(".git").exists() {
        return "a release tarball".into();
    }
    // Each commit would mean another build of the binary for whoever works on it.
    if profile != "release" {
        return "a checkout, whose commit development builds do not look up".into();
    }
    watch(&root);
    match (git(&root, &["rev-parse", "HEAD"]), git(&root, &["status", "--porcelain"])) {
        (Some(commit), Some(changes)) if changes.is_empty() => format!("commit {commit}"),
        (Some(commit), _) => format!("commit {commit}, with changes"),
        (None, _) => "a checkout whose commit git does not tell".into(),
    }
}

/// Has this run again when the commit changes, or what stands over it.
fn watch(root: &Path) {
    let reference = git(root, &["rev-parse", "--symbolic-full-name", "HEAD"]).unwrap_or_default();
    let of_git = ["HEAD", "packed-refs", "index", &reference].into_iter().filter(|name| !name.is_empty());
    let of_git = of_git.filter_map(|name| git(root, &["rev-parse", "--git-path", name])).map(|path| root.join(path));
    let sources = ["crates", "Cargo.toml", "Cargo.lock", ".cargo"].map(|name| root.join(name));
    // What is missing would count as changed each time.
    for path in of_git.chain(sources).filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    // Without locks `git status` leaves the index alone, which is watched.
    run("git", &[&["--no-optional-locks", "-C", root.to_str()?], arguments].concat())
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Which back ends of curve25519-dalek are compiled in, by the rules of its own build: what `--cfg curve25519_dalek_backend` says, or what
/// the target can do.
fn curve25519(variable: &dyn Fn(&str) -> String) -> &'static str {
    let bits = match variable("CARGO_CFG_CURVE25519_DALEK_BITS") {
        bits if bits.is_empty() => variable("CARGO_CFG_TARGET_POINTER_WIDTH"),
        bits => bits,
    };
    let has_vectors = variable("CARGO_CFG_TARGET_ARCH") == "x86_64" && bits == "64";
    let features = variable("CARGO_CFG_TARGET_FEATURE");
    let has = |feature| features.split(',').any(|one| one == feature);
    match variable("CARGO_CFG_CURVE25519_DALEK_BACKEND").as_str() {
        "fiat" => "fiat",
        "serial" => "serial",
        "avx512" => "avx512",
        "simd" => "simd",
        _ if has_vectors && has("avx512ifma") && has("avx512vl") => "avx512",
        _ if has_vectors => "simd",
        _ => "serial",
    }
}
