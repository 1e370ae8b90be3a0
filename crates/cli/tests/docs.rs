//! Completions and manual pages, which are made from the definition of the arguments.

mod common;

use common::{Folder, stderr};

#[test]
fn each_shell_has_completions() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = folder.run(&format!("completions {shell}"));
        assert!(output.status.success(), "{}", stderr(&output));
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(
            script.contains("--input-rate") || script.contains("input-rate"),
            "{shell}"
        );
        assert!(script.contains("inspect"), "{shell}");
    }
}

#[test]
fn the_manual_is_printed_or_written() {
    let folder = Folder::new();
    let page = folder.run("man").stdout;
    assert!(
        page.starts_with(b".ie"),
        "{}",
        String::from_utf8_lossy(&page[..200])
    );
    assert!(folder.run("man --dir pages").status.success());
    let page =
        std::fs::read_to_string(folder.path().join("pages/audio-stream-converter-convert.1"))
            .unwrap();
    assert!(page.contains("low\\-latency"));
    assert_eq!(
        folder
            .run("man --dir pages/audio-stream-converter.1")
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn colour_only_where_it_is_wanted() {
    let folder = Folder::new();
    let run = |name: &str, value: &str| {
        folder
            .program()
            .args(["convert", "no.wav", "out.ulaw"])
            .env(name, value)
            .output()
    };
    assert!(!stderr(&run("TERM", "xterm").unwrap()).contains('\x1B'));
    assert!(stderr(&run("CLICOLOR_FORCE", "1").unwrap()).contains('\x1B'));
    assert!(!stderr(&run("NO_COLOR", "1").unwrap()).contains('\x1B'));
}

/// A report that goes to a file or another program is plain text.
#[test]
fn a_report_has_no_colours_in_a_pipe() {
    let folder = Folder::new();
    folder.file("line.ulaw", &[0xFF; 8_000]);
    let output = folder.run("inspect line.ulaw");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("line.ulaw") && !text.contains('\x1b'),
        "{text:?}"
    );
}
