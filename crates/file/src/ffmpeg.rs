//! What we cannot decode ourselves, by an installed `ffmpeg` as a child that writes WAV into a pipe.
//!
//! No shell is involved, the name is given as `file:NAME` (so that it can be neither an option nor an address), and
//! only files and pipes may be opened, so that a playlist cannot make ffmpeg fetch something.

use std::ffi::OsString;
use std::io::{self, Read};
use std::process::{self, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

use crate::info::Info;
use crate::input::Input;
use crate::wav::{self, Header};

/// A running ffmpeg and the samples that it writes. Dropping it ends it.
pub(crate) struct Child {
    process: process::Child,
    samples: ChildStdout,
    messages: Option<JoinHandle<String>>,
}

/// Why ffmpeg did not help.
pub(crate) enum Failure {
    NotInstalled,
    Failed(String),
}

/// Whether there is an `ffmpeg` on the path.
pub(crate) fn is_installed() -> bool {
    static IS_INSTALLED: OnceLock<bool> = OnceLock::new();
    *IS_INSTALLED.get_or_init(|| {
        let version = Command::new("ffmpeg")
            .arg("-version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        version.is_ok_and(|status| status.success())
    })
}

pub(crate) fn open(input: &mut Input) -> Result<(Child, Header, Info), Failure> {
    let path = input.path.clone().filter(|_| input.is_file());
    let mut source = OsString::from("file:");
    match &path {
        Some(path) => source.push(path),
        None => source = "pipe:0".into(),
    }
    let mut process = Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-v",
            "error",
            "-protocol_whitelist",
            "file,pipe",
            "-i",
        ])
        .arg(source)
        .args(["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"])
        .stdin(if path.is_some() {
            Stdio::null()
        } else {
            Stdio::piped()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => Failure::NotInstalled,
            _ => Failure::Failed(format!("ffmpeg does not start: {error}")),
        })?;

    if let Some(mut stdin) = process.stdin.take() {
        let mut reader = input
            .reader()
            .map_err(|error| Failure::Failed(error.to_string()))?;
        // Ends when either side does; ffmpeg may well stop reading first, which is no error.
        thread::spawn(move || io::copy(&mut reader, &mut stdin));
    }
    let messages = process
        .stderr
        .take()
        .map(|stderr| thread::spawn(move || last_line(stderr)));
    let Some(samples) = process.stdout.take() else {
        return Err(Failure::Failed("ffmpeg has no output".to_owned()));
    };
    let mut child = Child {
        process,
        samples,
        messages,
    };
    match wav::parse(&mut child.samples, None) {
        Ok(header) => {
            let info = Info {
                container: "other media".to_owned(),
                encoding: "decoded by ffmpeg".to_owned(),
                bits: None,
                channels: header.channels,
                rate: header.rate,
                frames: None,
                warnings: Vec::new(),
            };
            Ok((child, header, info))
        }
        Err(error) => {
            // It has said what it had to say once its output ended; if it still writes, nobody reads it.
            let _ = child.process.kill();
            let said = child.end().unwrap_or_else(Some);
            Err(Failure::Failed(said.unwrap_or_else(|| {
                format!("ffmpeg cannot read it: {error}")
            })))
        }
    }
}

impl Child {
    /// What ffmpeg said: an error where it failed, since what it wrote is then not all. Waits for its end, which has
    /// come when its output has ended.
    pub(crate) fn end(&mut self) -> Result<Option<String>, String> {
        let status = self
            .process
            .wait()
            .map_err(|error| format!("ffmpeg cannot be waited for: {error}"))?;
        let said = self
            .messages
            .take()
            .and_then(|messages| messages.join().ok())
            .unwrap_or_default();
        match (status.success(), said.is_empty()) {
            (true, true) => Ok(None),
            (true, false) => Ok(Some(format!("ffmpeg says: {said}"))),
            (false, false) => Err(format!("ffmpeg says: {said}")),
            (false, true) => Err(format!("ffmpeg ended early ({status})")),
        }
    }
}

impl Read for Child {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.samples.read(buffer)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The last line with something in it, of however many; without addresses of memory such as `[mov @ 0x5581]`.
fn last_line(mut stream: impl Read) -> String {
    let mut line = Vec::new();
    let mut last = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        for &byte in &buffer[..count] {
            if byte == b'\n' {
                if !line.is_empty() {
                    last = std::mem::take(&mut line);
                }
            } else if line.len() < 300 && !byte.is_ascii_control() {
                line.push(byte);
            }
        }
    }
    let text = String::from_utf8_lossy(if line.is_empty() { &last } else { &line }).into_owned();
    match text.split_once("] ") {
        Some((address, rest)) if address.starts_with('[') => rest.to_owned(),
        _ => text,
    }
}
