//! What we cannot decode goes through an installed ffmpeg: here a stand-in, so that the test needs none.

#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use common::{Folder, stderr, wav};

/// Runs `convert a.au out.wav` (or from a pipe) with an ffmpeg that does as `script` says.
fn run(folder: &Folder, script: &str, input: &str) -> Output {
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join("ffmpeg"), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(bin.join("ffmpeg"), fs::Permissions::from_mode(0o755)).unwrap();
    let au = b".snd\0\0\0\x18\xFF\xFF\xFF\xFF";
    folder.file("a.au", au);
    folder.file("decoded.wav", &wav(16_000, 1_600));
    let mut program = folder.program();
    program
        .args(["convert", input, "out.wav"])
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    assert_cmd::Command::from_std(program)
        .write_stdin(&au[..])
        .output()
        .unwrap()
}

#[test]
fn its_output_is_converted() {
    for (input, source) in [("a.au", "file:a.au"), ("-", "pipe:0")] {
        let folder = Folder::new();
        let output = run(&folder, "echo \"$@\" > arguments; cat decoded.wav", input);
        assert_eq!(
            stderr(&output),
            "out.wav: 0.10 s of WAV, pcm16/16000, from other media, decoded by ffmpeg, mono, 16000 Hz\n"
        );
        assert_eq!(folder.read("out.wav"), folder.read("decoded.wav"));
        let arguments = String::from_utf8(folder.read("arguments")).unwrap();
        assert!(
            arguments.contains(&format!("-protocol_whitelist file,pipe -i {source} ")),
            "{arguments}"
        );
    }
}

#[test]
fn its_failure_is_told() {
    let folder = Folder::new();
    let output = run(
        &folder,
        "echo '[au @ 0x55d0] something' >&2; echo '[au @ 0x55d0] Invalid data' >&2; exit 1",
        "a.au",
    );
    assert_eq!(
        stderr(&output),
        "error: cannot decode a.au: ffmpeg says: Invalid data\nhint: check that it plays elsewhere; it may be damaged\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("out.wav").exists());
}

#[test]
fn its_late_failure_leaves_no_output() {
    let folder = Folder::new();
    let output = run(
        &folder,
        "cat decoded.wav; echo 'Error at the end' >&2; exit 1",
        "a.au",
    );
    assert_eq!(
        stderr(&output),
        "error: cannot decode a.au: ffmpeg says: Error at the end\n\
         hint: check that it plays elsewhere; it may be damaged\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.path().join("out.wav").exists());
}

#[test]
fn its_words_at_a_good_end_are_a_warning() {
    let folder = Folder::new();
    let output = run(&folder, "cat decoded.wav; echo 'Odd end' >&2", "a.au");
    assert!(
        stderr(&output).starts_with("warning: a.au: ffmpeg says: Odd end\n"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(0));
}
