//! Standard input and output, and what happens when the other side goes away.

mod common;

use std::io::{Read, Write};
use std::process::Stdio;

use common::{Folder, stderr, tone, wav};

/// Byte for byte what `convert` makes of a file.
fn expected(folder: &Folder) -> Vec<u8> {
    folder.file("expected.wav", &wav(24_000, 24_001));
    assert!(
        folder
            .run("convert expected.wav expected.ulaw")
            .status
            .success()
    );
    folder.read("expected.ulaw")
}

#[test]
fn pipes_give_the_same_bytes_as_files() {
    let folder = Folder::new();
    let expected = expected(&folder);
    assert_eq!(expected.len(), 8_001);
    let from_wav = folder.pipe("convert - - --to mulaw/8000", &wav(24_000, 24_001));
    assert_eq!(
        (from_wav.stdout, stderr(&folder.run("--version"))),
        (expected.clone(), String::new())
    );
    let raw = tone(24_000, 24_001);
    assert_eq!(
        folder
            .pipe("convert - - --from pcm16/24000 --to mulaw/8000", &raw)
            .stdout,
        expected
    );
    assert_eq!(folder.pipe("- -", &raw).stdout, expected);
    assert_eq!(folder.pipe("- - --chunk-samples 7", &raw).stdout, expected);
}

#[test]
fn a_filter_is_silent() {
    let folder = Folder::new();
    let output = folder.pipe("convert - - --to mulaw/8000", &wav(24_000, 240));
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (Some(0), String::new())
    );
}

#[test]
fn wav_on_standard_output_has_an_open_length() {
    let folder = Folder::new();
    let output = folder
        .pipe(
            "convert - - --to mulaw/8000 --container wav",
            &wav(24_000, 303),
        )
        .stdout;
    assert_eq!(&output[..8], b"RIFF\xFF\xFF\xFF\xFF");
    assert_eq!(output.len(), 58 + 101);
    // And is read again, to its last sample.
    assert_eq!(
        folder.pipe("convert - - --to mulaw/8000", &output).stdout,
        &output[58..]
    );
}

#[test]
fn empty_standard_input() {
    let folder = Folder::new();
    let output = folder.pipe("convert - out.wav --from pcm16/24000", b"");
    assert_eq!(
        stderr(&output),
        "error: standard input is empty\nhint: check what was to write it\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(folder.names().is_empty());
}

#[test]
fn a_broken_pipe_is_success() {
    let folder = Folder::new();
    folder.file("a.wav", &wav(24_000, 480_000));
    let mut child = folder
        .program()
        .args(["convert", "a.wav", "-", "--to", "pcm16/48000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (Some(0), String::new())
    );
}

#[test]
fn samples_leave_as_they_come() {
    let folder = Folder::new();
    let mut child = folder
        .program()
        .args([
            "convert",
            "-",
            "-",
            "--from",
            "pcm16/24000",
            "--to",
            "mulaw/8000",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    // Each 20 ms in give 20 ms out before the next are sent; the first gives less by the filter's delay.
    input.write_all(&tone(24_000, 480)).unwrap();
    output.read_exact(&mut [0; 140]).unwrap();
    for _ in 0..5 {
        input.write_all(&tone(24_000, 480)).unwrap();
        output.read_exact(&mut [0; 160]).unwrap();
    }
    drop(input);
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), 20);
    assert!(child.wait().unwrap().success());
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::process::Command;

    use assert_cmd::cargo::cargo_bin;

    use super::*;

    fn shell(folder: &Folder, script: &str) -> std::process::Output {
        let program = cargo_bin("audio-stream-converter");
        Command::new("sh")
            .current_dir(folder.path())
            .args(["-c", script])
            .arg(program)
            .output()
            .unwrap()
    }

    #[test]
    fn redirected_files_and_devices() {
        let folder = Folder::new();
        let expected = expected(&folder);
        let scripts = [
            "\"$0\" convert - - --to mulaw/8000 < expected.wav > out",
            "\"$0\" convert /dev/stdin /dev/stdout --to mulaw/8000 < expected.wav > out",
            "\"$0\" convert expected.wav /dev/fd/1 --to mulaw/8000 > out",
            "printf head > out; \"$0\" convert expected.wav - --to mulaw/8000 > tail; cp tail out",
        ];
        for script in scripts {
            let output = shell(&folder, script);
            assert_eq!(
                folder.read("out"),
                expected,
                "{script}: {}",
                stderr(&output)
            );
        }
    }

    #[test]
    fn standard_input_as_its_own_output() {
        let folder = Folder::new();
        folder.file("a.ulaw", &[0xFF; 100]);
        let output = shell(
            &folder,
            "\"$0\" convert - a.ulaw --from mulaw/8000 < a.ulaw",
        );
        assert_eq!(
            stderr(&output).lines().next(),
            Some("error: a.ulaw is both input and output")
        );
        assert_eq!(folder.read("a.ulaw"), [0xFF; 100]);
        let output = shell(&folder, "\"$0\" convert a.ulaw - --to mulaw/8000 >> a.ulaw");
        assert_eq!(
            stderr(&output).lines().next(),
            Some("error: standard output is both input and output")
        );
        assert_eq!(folder.read("a.ulaw"), [0xFF; 100]);
    }

    #[test]
    fn named_pipes() {
        let folder = Folder::new();
        let expected = expected(&folder);
        assert!(
            Command::new("mkfifo")
                .current_dir(folder.path())
                .args(["in", "out"])
                .status()
                .unwrap()
                .success()
        );
        let mut child = folder
            .program()
            .args(["convert", "in", "out", "--to", "mulaw/8000"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Both ends are opened in the order in which the program opens them: each waits for the other.
        File::options()
            .write(true)
            .open(folder.path().join("in"))
            .unwrap()
            .write_all(&wav(24_000, 24_001))
            .unwrap();
        let mut bytes = Vec::new();
        File::open(folder.path().join("out"))
            .unwrap()
            .read_to_end(&mut bytes)
            .unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(bytes, expected);
        assert!(
            !std::fs::metadata(folder.path().join("out"))
                .unwrap()
                .is_file()
        );
    }

    /// The signal comes once some sound was read, and is ignored as it was before the program started.
    #[cfg(target_os = "linux")]
    #[test]
    fn ignored_signals_stay_ignored() {
        let folder = Folder::new();
        let mut child = Command::new("sh")
            .current_dir(folder.path())
            .args([
                "-c",
                "trap '' HUP; exec \"$0\" convert - out.wav --from pcm16/24000",
            ])
            .arg(cargo_bin("audio-stream-converter"))
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(&tone(24_000, 480)).unwrap();
        while folder.names().is_empty() {
            std::thread::yield_now();
        }
        let kill = Command::new("sh")
            .args(["-c", &format!("kill -HUP {}", child.id())])
            .status()
            .unwrap();
        assert!(kill.success());
        drop(input);
        assert!(child.wait().unwrap().success());
        assert_eq!(folder.names(), ["out.wav"]);
    }

    /// The signal comes once a temporary file exists, which is once some sound was read from the pipe.
    #[test]
    fn signals_leave_nothing_behind() {
        use std::os::unix::process::ExitStatusExt;
        for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
            let folder = Folder::new();
            let mut child = folder
                .program()
                .args(["convert", "-", "out.wav", "--from", "pcm16/24000"])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut input = child.stdin.take().unwrap();
            input.write_all(&tone(24_000, 480)).unwrap();
            while folder.names().is_empty() {
                std::thread::yield_now();
            }
            let kill = Command::new("sh")
                .args(["-c", &format!("kill -{name} {}", child.id())])
                .status()
                .unwrap();
            assert!(kill.success());
            assert_eq!(child.wait().unwrap().signal(), Some(number));
            assert!(folder.names().is_empty(), "{name}: {:?}", folder.names());
        }
    }
}
