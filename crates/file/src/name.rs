//! Names of files as they stand in messages.

use std::path::Path;

/// The file's name on one line: `-` in words, control characters escaped.
pub(crate) fn display(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text == "-" {
        "standard input or output".to_owned()
    } else if text.is_empty() || text.contains(char::is_control) {
        format!("{text:?}")
    } else {
        text.into_owned()
    }
}

/// As [`display`], for an input.
pub(crate) fn input(path: &Path) -> String {
    if is_dash(path) {
        "standard input".to_owned()
    } else {
        display(path)
    }
}

/// As [`display`], for an output.
pub(crate) fn output(path: &Path) -> String {
    if is_dash(path) {
        "standard output".to_owned()
    } else {
        display(path)
    }
}

/// Whether the path is `-`, which stands for standard input and output.
pub(crate) fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}
