//! Embeds what npm built in `assets/`, as far as it is there: without Node a server is built without it, and its login page says so.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

const BUILT: [&str; 2] = ["client.js", "connector.js"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=assets");
    let assets = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let mut list = String::from("&[\n");
    for name in BUILT {
        let path = assets.join(name);
        if path.is_file() {
            let path = path.to_str().ok_or("the path of this crate is no text")?;
            writeln!(list, "    ({name:?}, include_str!({path:?})),")?;
        }
    }
    list.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("built.rs"), list)?;
    Ok(())
}
