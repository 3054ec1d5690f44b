//! What the README shows is what is compiled, and what documents name is there.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_readme_shows_the_example_as_it_is_compiled() {
    let (_, code) = include_str!("../examples/verify_a_token.rs").split_once("\n\n").unwrap();
    let shown = code.split("fn main()").next().unwrap().trim_end();
    assert!(include_str!("../../../README.md").contains(shown), "the README does not show:\n{shown}");
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut named, mut missing) = (0, Vec::new());
    for document in documents(&root) {
        let text = fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://")).map(|link| folder.join(link));
        let quoted =
            text.split('`').skip(1).step_by(2).filter(|quoted| quoted.starts_with("crates/") && !quoted.contains([' ', '*']));
        for path in links.chain(quoted.map(|path| root.join(path))) {
            named += 1;
            if !path.exists() {
                missing.push(format!("{}: {}", document.display(), path.display()));
            }
        }
    }
    assert!(named > 50 && missing.is_empty(), "of {named}, missing:\n{}", missing.join("\n"));
}

fn documents(root: &Path) -> Vec<PathBuf> {
    let folders = [root.to_owned(), root.join("docs")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect()
}
