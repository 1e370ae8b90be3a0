//! Bad input of every kind: one line that names the file and says what is wrong, one that says what to do, exit code 1,
//! and nothing left behind.

mod common;

use std::fs;

use common::{Folder, stderr, tone, wav};

/// Runs `line` in a folder with these files; `expected` are the lines of standard error.
fn check(files: &[(&str, &[u8])], line: &str, code: i32, expected: &[&str]) {
    let folder = Folder::new();
    for (name, bytes) in files {
        folder.file(name, bytes);
    }
    let before = folder.names();
    let output = folder.run(line);
    assert_eq!(
        stderr(&output).lines().collect::<Vec<_>>(),
        expected,
        "{line}"
    );
    assert_eq!(output.status.code(), Some(code), "{line}");
    assert!(output.stdout.is_empty(), "{line}");
    assert_eq!(folder.names(), before, "{line}");
}

fn check_input(name: &str, bytes: &[u8], expected: &[&str]) {
    check(
        &[(name, bytes)],
        &format!("convert {name} out.ulaw"),
        1,
        expected,
    );
}

/// A WAV file with some bytes of its header replaced.
fn patched(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = wav(24_000, 2_400);
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn missing_file() {
    check(
        &[],
        "convert no.wav out.ulaw",
        1,
        &[
            "error: cannot read no.wav: no such file or directory",
            "hint: check the name and the folder",
        ],
    );
}

#[test]
fn missing_folder() {
    check(
        &[("a.wav", &wav(24_000, 240))],
        "convert a.wav no/out.ulaw",
        1,
        &[
            "error: cannot write no/out.ulaw: no such file or directory",
            "hint: create the folder first",
        ],
    );
}

#[test]
fn folders() {
    let folder = Folder::new();
    folder.file("a.wav", &wav(24_000, 240));
    fs::create_dir(folder.path().join("dir")).unwrap();
    for line in [
        "convert dir out.ulaw",
        "convert a.wav dir --to mulaw/8000",
        "dir out.ulaw",
        "a.wav dir",
    ] {
        let output = folder.run(line);
        assert_eq!(
            stderr(&output),
            "error: dir is a folder, not a file\nhint: name a file in it\n",
            "{line}"
        );
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(folder.names(), ["a.wav", "dir"]);
    }
}

#[test]
fn empty_file() {
    let expected = ["error: a.wav is empty", "hint: check what was to write it"];
    check_input("a.wav", b"", &expected);
    check(&[("a.wav", b"")], "a.wav out.ulaw", 1, &expected);
}

#[test]
fn header_without_sound() {
    check_input(
        "a.wav",
        &wav(24_000, 0),
        &[
            "error: a.wav holds no sound: WAV, 16-bit PCM, mono, 24000 Hz",
            "hint: the recording was probably cut off before its first sample",
        ],
    );
}

#[test]
fn header_cut_short() {
    const HINT: &str = "hint: make the file again, or give its bytes as raw samples with `--from`";
    check_input(
        "a.wav",
        &wav(24_000, 1)[..30],
        &[
            "error: a.wav has a damaged header: its fmt chunk has 10 bytes instead of 16 or more",
            HINT,
        ],
    );
    check_input(
        "a.wav",
        &wav(24_000, 1)[..40],
        &[
            "error: a.wav has a damaged header: there is no data chunk in it",
            HINT,
        ],
    );
}

#[test]
fn absurd_headers() {
    const HINT: &str = "hint: make the file again, or give its bytes as raw samples with `--from`";
    let cases: [(Vec<u8>, &str); 5] = [
        (patched(24, &[0; 4]), "it says its sample rate is 0 Hz"),
        (
            patched(24, &[0xFF; 4]),
            "a sample rate of 4294967295 Hz is out of range: give 1 to 768000",
        ),
        (patched(22, &[0; 2]), "it says it has 0 channels"),
        (patched(22, &[0xFF; 2]), "it says it has 65535 channels"),
        (patched(34, &[40, 0]), "it says its samples have 40 bits"),
    ];
    for (file, problem) in cases {
        check_input(
            "a.wav",
            &file,
            &[
                &format!("error: a.wav has a damaged header: {problem}"),
                HINT,
            ],
        );
    }
}

#[test]
fn sound_cut_short_is_converted_with_a_warning() {
    let folder = Folder::new();
    let file = wav(24_000, 24_000);
    folder.file("a.wav", &file[..file.len() / 2]);
    let output = folder.run("convert a.wav out.ulaw");
    assert_eq!(
        stderr(&output),
        "warning: a.wav: it is cut short: 0.50 s of the 1.00 s that its header promises are missing\n\
         out.ulaw: 0.50 s of mulaw/8000, from WAV, 16-bit PCM, mono, 24000 Hz\n"
    );
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(folder.read("out.ulaw").len(), 3_997);
}

#[test]
fn text_file() {
    let expected = [
        "error: notes.txt is text, not sound",
        "hint: if these bytes are samples all the same, say which, as in `--from mulaw/8000`",
    ];
    let text = b"Dear Sir or Madam,\nthis is no sound.\n";
    check_input("notes.txt", text, &expected);
    check(&[("notes.txt", text)], "notes.txt out.ulaw", 1, &expected);
}

#[test]
fn unknown_bytes() {
    let noise: Vec<u8> = (0..5_000_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8 & 0x7F)
        .collect();
    let folder = Folder::new();
    folder.file("a.bin", &noise);
    // Without ffmpeg, so that the message is the same everywhere.
    let output = folder
        .program()
        .args(["convert", "a.bin", "out.ulaw"])
        .env("PATH", "")
        .output()
        .unwrap();
    assert_eq!(
        stderr(&output),
        "error: cannot tell what a.bin holds\n\
         hint: if these bytes are samples without a header, say which, as in `--from pcm16/24000` \
         (other kinds of media need ffmpeg, which is not installed)\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(folder.names(), ["a.bin"]);
}

#[test]
fn media_that_only_ffmpeg_could_read() {
    let folder = Folder::new();
    folder.file("a.amr", b"#!AMR\n\x3C\x08\x12\x34");
    let output = folder
        .program()
        .args(["convert", "a.amr", "out.ulaw"])
        .env("PATH", "")
        .output()
        .unwrap();
    let text = stderr(&output);
    assert!(text.starts_with("error: cannot decode a.amr: "), "{text}");
    assert!(
        text.ends_with(
            "hint: install ffmpeg, which reads most other kinds, or convert it to WAV elsewhere\n"
        ),
        "{text}"
    );
    assert_eq!(folder.names(), ["a.amr"]);
}

#[test]
fn unknown_rate() {
    check_input(
        "a.pcm",
        &tone(24_000, 240),
        &[
            "error: a.pcm has no header, so its sample rate is unknown",
            "hint: give it, as in `--from pcm16/24000`",
        ],
    );
}

#[test]
fn no_such_channel() {
    check(
        &[("a.wav", &wav(24_000, 240))],
        "convert a.wav out.ulaw --channel 2",
        1,
        &[
            "error: a.wav has no channel 2: it has 1",
            "hint: leave `--channel` away",
        ],
    );
}

#[test]
fn input_as_output() {
    let expected = [
        "error: a.wav is both input and output",
        "hint: give the output another name",
    ];
    let files: [(&str, &[u8]); 1] = [("a.wav", &wav(24_000, 240))];
    check(&files, "convert a.wav a.wav", 1, &expected);
    check(&files, "a.wav a.wav", 1, &expected);
}

#[test]
fn existing_output_with_no_clobber() {
    check(
        &[("a.wav", &wav(24_000, 240)), ("b.wav", b"old")],
        "convert a.wav b.wav --no-clobber",
        1,
        &[
            "error: b.wav exists already",
            "hint: remove it, or leave `--no-clobber` away",
        ],
    );
}

#[test]
fn a_plot_over_its_input() {
    let expected = [
        "error: a.svg is both input and output",
        "hint: give the output another name",
    ];
    let folder = Folder::new();
    folder.file("a.svg", &wav(24_000, 2_400));
    let output = folder.run("inspect a.svg --plot a.svg");
    assert_eq!(stderr(&output).lines().collect::<Vec<_>>(), expected);
    assert_eq!(output.status.code(), Some(1));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a.svg", folder.path().join("b.svg")).unwrap();
        assert_eq!(
            folder.run("inspect a.svg --plot b.svg").status.code(),
            Some(1)
        );
    }
    assert_eq!(folder.read("a.svg"), wav(24_000, 2_400));
    let output = folder.run("inspect a.svg --plot no/x.png");
    assert_eq!(
        stderr(&output),
        "error: cannot write no/x.png: no such file or directory\nhint: create the folder first\n"
    );
}

#[test]
fn inspect_goes_on_after_a_bad_file() {
    let folder = Folder::new();
    folder.file("a.wav", &wav(24_000, 2_400));
    let output = folder.run("inspect no.wav a.wav --json");
    assert_eq!(
        stderr(&output),
        "error: cannot read no.wav: no such file or directory\nhint: check the name and the folder\n"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout.iter().filter(|b| **b == b'\n').count(), 1);
}

#[test]
fn impossible_plots_are_wrong_usage() {
    let folder = Folder::new();
    folder.file("a.wav", &wav(24_000, 2_400));
    for line in [
        "inspect a.wav --plot x.jpg",
        "inspect a.wav a.wav --plot x.png",
    ] {
        let output = folder.run(line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_damaged_header_can_be_read_as_samples() {
    let folder = Folder::new();
    let file = patched(22, &[0; 2]);
    folder.file("a.wav", &file);
    for (name, output) in [
        (
            "a.wav",
            folder.run("convert a.wav out.pcm --from pcm16/24000"),
        ),
        (
            "-",
            folder.pipe("convert - out.pcm --from pcm16/24000", &file),
        ),
    ] {
        assert!(
            stderr(&output).contains(
                "its header is damaged (it says it has 0 channels), so its bytes are read as pcm16/24000"
            ),
            "{name}: {}",
            stderr(&output)
        );
        assert_eq!(folder.read("out.pcm"), file);
    }
}

#[test]
fn outputs_that_cannot_be_are_wrong_usage() {
    let files: [(&str, &[u8]); 1] = [("a.wav", &wav(24_000, 240))];
    check(
        &files,
        "convert a.wav a.mp3",
        2,
        &[
            "error: cannot write a.mp3: .mp3 files can be read, but not written",
            "hint: write a .wav file and convert that one with ffmpeg or sox",
        ],
    );
    check(
        &files,
        "convert a.wav -",
        2,
        &[
            "error: cannot tell which format standard output shall have",
            "hint: give `--to`, as in `--to mulaw/8000`, or an ending such as .wav or .ulaw",
        ],
    );
    check(
        &files,
        "convert a.wav b.wav --to pcm16be/8000",
        2,
        &[
            "error: cannot write b.wav: a WAV file cannot hold pcm16be",
            "hint: give `--to pcm16/RATE`, or a name that does not end in .wav",
        ],
    );
}

#[test]
fn rates_without_a_filter() {
    let folder = Folder::new();
    folder.file("a.wav", &wav(24_000, 240));
    let output = folder.run("convert a.wav b.wav --to pcm16/767999");
    assert!(
        stderr(&output)
            .starts_with("error: cannot convert a.wav: no filter from 24000 Hz to 767999 Hz")
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(folder.names(), ["a.wav"]);
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk() {
    check(
        &[("a.wav", &wav(24_000, 240))],
        "convert a.wav /dev/full --to mulaw/8000",
        1,
        &[
            "error: cannot write /dev/full: no space left on device",
            "hint: make room or choose another folder; no part of the output was left behind",
        ],
    );
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    use assert_cmd::cargo::cargo_bin;

    use super::*;

    /// A limit on the size of files stands in for a full disk, which only the superuser could arrange.
    #[test]
    fn full_disk_in_mid_file() {
        let folder = Folder::new();
        folder.file("a.wav", &wav(24_000, 48_000));
        let output = Command::new("sh")
            .current_dir(folder.path())
            .args(["-c", "ulimit -f 16; exec \"$0\" convert a.wav b.wav"])
            .arg(cargo_bin("audio-stream-converter"))
            .output()
            .unwrap();
        assert_eq!(
            stderr(&output),
            "error: cannot write b.wav: file too large\n\
             hint: make room or choose another folder; no part of the output was left behind\n"
        );
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(folder.names(), ["a.wav"]);
    }

    /// The superuser may read everything, so the program runs as nobody then.
    #[test]
    fn missing_permissions() {
        let folder = Folder::new();
        let chmod = |name: &str, mode| {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode))
        };
        folder.file("secret.wav", &wav(24_000, 240));
        folder.file("open.wav", &wav(24_000, 240));
        folder.file("kept.wav", b"old");
        let is_superuser = fs::metadata("/proc/self")
            .is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0);
        // Others may enter the folder, but neither write into it nor into the file that is to be kept.
        chmod("", 0o555).unwrap();
        chmod("secret.wav", 0o000).unwrap();
        chmod("kept.wav", 0o444).unwrap();
        // The build's own folder may be closed to nobody: the program is run from a copy.
        let copy = tempfile::tempdir().unwrap();
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = copy.path().join("program");
        fs::copy(cargo_bin("audio-stream-converter"), &program).unwrap();
        let run = |line: &str| {
            let mut command = Command::new(&program);
            command
                .current_dir(folder.path())
                .args(line.split(' '))
                .stdin(Stdio::null());
            if is_superuser {
                command.uid(65_534).gid(65_534);
            }
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(1));
            stderr(&output)
        };
        assert_eq!(
            run("convert secret.wav /tmp/out.ulaw"),
            "error: cannot read secret.wav: permission denied\nhint: make it readable, as in `chmod u+r FILE`\n"
        );
        for name in ["out.ulaw", "kept.wav"] {
            assert_eq!(
                run(&format!("convert open.wav {name}")),
                format!(
                    "error: cannot write {name}: permission denied\nhint: choose a file and folder that you may write\n"
                )
            );
        }
        assert_eq!(folder.names(), ["kept.wav", "open.wav", "secret.wav"]);
        chmod("", 0o755).unwrap();
    }
}
