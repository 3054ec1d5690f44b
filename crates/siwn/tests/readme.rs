//! What the README shows is what is compiled.

#[test]
fn the_readme_shows_the_example_as_it_is_compiled() {
    let (_, code) = include_str!("../examples/verify_a_token.rs").split_once("\n\n").expect("it begins with a comment");
    let shown = code.split("fn main()").next().expect("split has a first part").trim_end();
    assert!(include_str!("../../../README.md").contains(shown), "the README does not show:\n{shown}");
}
