//! Uploads to a bucket that does what a test says, in virtual time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tempfile::{NamedTempFile, TempDir};
use tokio::io::AsyncReadExt as _;
use tracing::subscriber::DefaultGuard;

use super::*;
use crate::live::storage::{Content, PutFuture};

const WAV: &str = "00000000000000aa.wav";
const JSON: &str = "00000000000000aa.json";

/// Answers with what is scripted, then takes everything.
#[derive(Debug, Default)]
struct Scripted {
    answers: Mutex<VecDeque<PutError>>,
    /// Refused whenever it comes.
    refused: &'static str,
    tries: Mutex<Vec<String>>,
    taken: Mutex<Vec<(String, String)>>,
}

impl Bucket for Scripted {
    fn put<'a>(&'a self, key: &'a str, mut content: Content) -> PutFuture<'a> {
        Box::pin(async move {
            self.tries.lock().unwrap().push(key.to_owned());
            if let Some(error) = self.answers.lock().unwrap().pop_front() {
                return Err(error);
            }
            if !self.refused.is_empty() && key.ends_with(self.refused) {
                return Err(PutError::Refused {
                    status: 400,
                    code: "InvalidArgument".to_owned(),
                });
            }
            let mut text = String::new();
            content.file.read_to_string(&mut text).await.unwrap();
            assert_eq!(content.bytes, text.len() as u64);
            self.taken.lock().unwrap().push((key.to_owned(), text));
            Ok(())
        })
    }
}

impl Scripted {
    fn answering(errors: impl IntoIterator<Item = PutError>) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::new(errors.into_iter().collect()),
            ..Self::default()
        })
    }

    fn tries(&self) -> usize {
        self.tries.lock().unwrap().len()
    }
}

fn away() -> PutError {
    PutError::Unreachable("connection refused".to_owned())
}

/// A folder with files, each holding its own name.
fn folder(names: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::write(folder.path().join(name), name).unwrap();
    }
    folder
}

fn files(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn terms(folder: &TempDir) -> Terms {
    Terms {
        folder: folder.path().to_owned(),
        prefix: "calls".to_owned(),
        keep_local: false,
        at_once: 2,
        timeout: Duration::from_secs(60),
        first_wait: Duration::from_secs(1),
        longest_wait: Duration::from_secs(300),
    }
}

fn hour() -> Instant {
    Instant::now() + Duration::from_secs(3_600)
}

/// Takes down what is logged.
fn log() -> (NamedTempFile, DefaultGuard) {
    let log = NamedTempFile::new().unwrap();
    let lines = tracing_subscriber::fmt().with_ansi(false);
    let lines = lines.with_writer(Arc::new(log.reopen().unwrap())).finish();
    (log, tracing::subscriber::set_default(lines))
}

fn count(log: &NamedTempFile, message: &str) -> usize {
    let text = std::fs::read_to_string(log.path()).unwrap();
    text.matches(message).count()
}

#[tokio::test(start_paused = true)]
async fn what_is_whole_is_uploaded_and_removed_and_nothing_else() {
    let part = "00000000000000bb.wav.part";
    let folder = folder(&[WAV, JSON, part, "music.wav"]);
    let bucket = Scripted::answering([]);
    let uploads = Uploads::begin(bucket.clone(), terms(&folder), &Meters::new());
    uploads.finish(hour()).await;
    assert_eq!(files(&folder), [part, "music.wav"]);
    let mut taken = bucket.taken.lock().unwrap().clone();
    taken.sort();
    let today = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let month = today[..7].replace('-', "/");
    for ((key, text), name) in taken.iter().zip([JSON, WAV]) {
        assert!(key.starts_with(&format!("calls/{month}/")), "{key}");
        assert!(key.ends_with(&format!("/{name}")), "{key}");
        assert_eq!(text, name);
    }
    assert_eq!(taken.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_one_line_and_loses_nothing() {
    let (log, _guard) = log();
    let folder = folder(&[WAV]);
    let bucket = Scripted::answering((0..20).map(|_| away()));
    let uploads = Uploads::begin(bucket.clone(), terms(&folder), &Meters::new());
    let began = Instant::now();
    uploads.finish(began + Duration::from_secs(20_000)).await;
    assert_eq!(files(&folder), [""; 0]);
    assert_eq!(bucket.tries(), 21);
    // The waits double up to five minutes: 20 of them are an hour, less what chance takes off.
    let took = began.elapsed().as_secs();
    assert!((1_500..4_000).contains(&took), "{took}");
    assert_eq!(count(&log, "cannot be reached; they wait"), 1);
    assert_eq!(count(&log, "files are uploaded again"), 1);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_waits_for_a_storage_that_is_away_but_not_for_one_that_refuses() {
    let (log, _guard) = log();
    let folder = folder(&[WAV]);
    let bucket = Scripted::answering((0..10_000).map(|_| away()));
    let uploads = Uploads::begin(bucket, terms(&folder), &Meters::new());
    let began = Instant::now();
    uploads.finish(began + Duration::from_secs(90)).await;
    assert_eq!(began.elapsed(), Duration::from_secs(90));
    drop(uploads);

    let refusal = PutError::AccessKey("InvalidAccessKeyId (status 403)".to_owned());
    let bucket = Scripted::answering((0..10_000).map(|_| refusal.clone()));
    let uploads = Uploads::begin(bucket, terms(&folder), &Meters::new());
    let began = Instant::now();
    uploads.finish(hour()).await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(files(&folder), [WAV]);
    assert_eq!(count(&log, "refuses the access key"), 1);
    assert_eq!(count(&log, "files are left"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_refused_holds_up_no_other() {
    let names: Vec<_> = (0..600).map(|n| format!("{n:016x}.json")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let folder = folder(&names);
    let bucket = Arc::new(Scripted {
        refused: "0000000000000000.json",
        ..Scripted::default()
    });
    let uploads = Uploads::begin(bucket.clone(), terms(&folder), &Meters::new());
    uploads.finish(hour()).await;
    assert_eq!(files(&folder), [bucket.refused]);
    assert_eq!(bucket.taken.lock().unwrap().len(), 599);
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_does_not_answer_is_given_up_in_time() {
    #[derive(Debug)]
    struct Silent;
    impl Bucket for Silent {
        fn put<'a>(&'a self, _: &'a str, _: Content) -> PutFuture<'a> {
            Box::pin(std::future::pending())
        }
    }
    let (log, _guard) = log();
    let folder = folder(&[WAV]);
    let uploads = Uploads::begin(Arc::new(Silent), terms(&folder), &Meters::new());
    uploads.finish(hour()).await;
    assert_eq!(count(&log, "no answer in time"), 1);
    assert_eq!(files(&folder), [WAV]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_kept_is_uploaded_once() {
    let folder = folder(&[WAV]);
    let bucket = Scripted::answering([]);
    let terms = Terms {
        keep_local: true,
        ..terms(&folder)
    };
    for _ in 0..2 {
        let uploads = Uploads::begin(bucket.clone(), terms.clone(), &Meters::new());
        uploads.finish(hour()).await;
    }
    assert_eq!(files(&folder), ["uploaded"]);
    let kept = folder.path().join("uploaded").join(WAV);
    assert_eq!(std::fs::read_to_string(kept).unwrap(), WAV);
    assert_eq!(bucket.tries(), 1);
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_moved_away_is_uploaded_once() {
    let (log, _guard) = log();
    let folder = folder(&[WAV, "uploaded"]); // A file where the folder should be made.
    let bucket = Scripted::answering([]);
    let terms = Terms {
        keep_local: true,
        ..terms(&folder)
    };
    let uploads = Uploads::begin(bucket.clone(), terms, &Meters::new());
    for _ in 0..3 {
        uploads.finish(hour()).await;
    }
    assert_eq!(bucket.tries(), 1);
    assert_eq!(count(&log, "cannot be uploaded or moved away"), 1);
}
