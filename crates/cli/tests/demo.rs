//! `demo`, in virtual and in real time.

mod common;

use common::{Folder, stderr};

#[test]
fn the_demo_tells_what_happens_and_leaves_four_files() {
    let folder = Folder::new();
    let output = folder.run("demo --fast --output told");
    let talk = stderr(&output);
    assert!(output.status.success(), "{talk}");
    assert!(
        talk.contains("caller: Okay. Thank you very much."),
        "{talk}"
    );
    let score = String::from_utf8(output.stdout).expect("text");
    assert!(score.contains("barge-in in turn 1"), "{score}");
    for name in ["call.wav", "transcript.txt", "report.json", "call.png"] {
        assert!(folder.path().join("told").join(name).exists(), "{name}");
    }

    folder.file("taken", b"");
    let output = folder.run("demo --fast --output taken");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("choose another folder"));
}

/// The README's first command: a real gateway, on real sockets.
#[test]
fn the_demo_holds_its_call_over_sockets() {
    let folder = Folder::new();
    let output = folder.run("demo --output told");
    let talk = stderr(&output);
    assert!(output.status.success(), "{talk}");
    assert!(
        talk.contains("caller: Okay. Thank you very much."),
        "{talk}"
    );
    assert!(folder.path().join("told/call.wav").exists());
}
