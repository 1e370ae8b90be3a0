//! What the tests of the program share: a folder, files in it, and the program run there.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;

/// An empty folder in which the program runs.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// The names of all files, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The program, to be run in this folder.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(cargo_bin("audio-stream-converter"));
        command.current_dir(self.path());
        command
    }

    /// Runs the program with arguments that have no spaces.
    pub(crate) fn run(&self, line: &str) -> Output {
        self.program()
            .args(line.split_whitespace())
            .output()
            .unwrap()
    }

    /// Runs the program with these bytes on standard input.
    pub(crate) fn pipe(&self, line: &str, input: &[u8]) -> Output {
        assert_cmd::Command::from_std(self.program())
            .args(line.split_whitespace())
            .write_stdin(input)
            .output()
            .unwrap()
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A mono 16-bit WAV file of so many samples of a tone of 1 kHz.
pub(crate) fn wav(rate: u32, samples: u32) -> Vec<u8> {
    let bytes = samples * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(rate.to_le_bytes());
    file.extend((rate * 2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    file.extend(tone(rate, samples));
    file
}

/// The same without a header.
pub(crate) fn tone(rate: u32, samples: u32) -> Vec<u8> {
    let step = 1_000.0 / f64::from(rate) * std::f64::consts::TAU;
    (0..samples)
        .flat_map(|sample| (((f64::from(sample) * step).sin() * 8_000.0) as i16).to_le_bytes())
        .collect()
}
