//! Nobody makes for himself what only a step of the login makes.

#[test]
fn a_check_cannot_be_left_out() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
