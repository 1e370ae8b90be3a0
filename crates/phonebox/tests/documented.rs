//! The examples in `docs/phonebox.md` are read, and name each key.

use std::path::Path;

use phonebox::carrier::{Caller, LineSettings};
use phonebox::model::Behaviour;

const PAGE: &str = include_str!("../../../docs/phonebox.md");

/// The TOML that stands behind a mark.
fn examples(mark: &str) -> Vec<&'static str> {
    let start = format!("<!-- {mark} -->\n```toml\n");
    let found = PAGE.split(&start).skip(1);
    found.filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn each_example_is_read() {
    let behaviours = examples("behaviour");
    assert_eq!(behaviours.len(), 2);
    for text in behaviours {
        Behaviour::from_toml("docs/phonebox.md", text).expect("a behaviour");
    }
    for text in examples("caller") {
        Caller::read(text, Path::new(".")).expect("a caller");
    }
    for text in examples("line") {
        toml::from_str::<LineSettings>(text).expect("a line");
    }
}

/// Whatever is written of a behaviour with everything set is on the page.
#[test]
fn each_key_is_there() {
    for text in examples("behaviour") {
        let behaviour = Behaviour::from_toml("docs/phonebox.md", text).expect("a behaviour");
        let written = toml::to_string(&behaviour).expect("TOML");
        let keys = written.lines().filter_map(|line| line.split_once(" = "));
        for (key, _) in keys {
            let is_there = PAGE.contains(&format!("{key} = "));
            assert!(is_there, "{key} is not documented");
        }
    }
}
