//! The transcripts in `cmd/`, which are documentation too.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
