//! Brings the files of ended calls to the object storage, by a task of its own.
//!
//! The folder is the queue: calls put whole files there, the task looks for them, and a file leaves it when the storage
//! has it. So nothing is lost when the storage is away or the process ends, and memory does not grow with an outage.

mod backoff;
mod folder;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use self::backoff::Backoff;
use super::meters::Meters;
use super::storage::{Bucket, PutError, Terms};

/// The way to the task that uploads.
#[derive(Debug)]
pub(super) struct Uploads {
    folder: Arc<Path>,
    /// How often somebody asked to look into the folder.
    asked: watch::Sender<u64>,
    progress: watch::Receiver<Progress>,
    hurry: Arc<Notify>,
    _task: AbortOnDropHandle<()>,
}

/// How far the task is.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Of the asking, what the last look came after.
    asked: u64,
    /// How many files wait.
    waiting: usize,
    /// Whether the storage refuses them until somebody changes something.
    is_refused: bool,
}

impl Uploads {
    /// Begins with the files that are there already.
    pub(super) fn begin(bucket: Arc<dyn Bucket>, terms: Terms, meters: &Meters) -> Self {
        let folder: Arc<Path> = terms.folder.as_path().into();
        let (asked, is_asked) = watch::channel(0);
        let (told, progress) = watch::channel(Progress::default());
        let hurry = Arc::new(Notify::new());
        let task = Task {
            backoff: Backoff::new(terms.first_wait, terms.longest_wait),
            bucket,
            terms,
            meters: meters.clone(),
            asked: is_asked,
            progress: told,
            hurry: Arc::clone(&hurry),
            aside: BTreeSet::new(),
            last: String::new(),
            trouble: None,
            refused: 0,
        };
        Self {
            folder,
            asked,
            progress,
            hurry,
            _task: AbortOnDropHandle::new(tokio::spawn(task.run())),
        }
    }

    /// Where files are put.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// There are files. Never waits.
    pub(super) fn look(&self) {
        self.asked.send_modify(|asked| *asked += 1);
    }

    /// Waits until all files are uploaded that are there, until the storage refuses them for good, or until `deadline`.
    pub(super) async fn finish(&self, deadline: Instant) {
        self.look();
        self.hurry.notify_one();
        let asked = *self.asked.borrow();
        let mut progress = self.progress.clone();
        let done = progress.wait_for(|progress| {
            progress.asked >= asked && (progress.waiting == 0 || progress.is_refused)
        });
        // Without a task nobody uploads any more: the count below says so.
        let _ = tokio::time::timeout_at(deadline, done).await;
        let files = self.progress.borrow().waiting;
        if files > 0 {
            tracing::warn!(
                files,
                folder = %self.folder.display(),
                "files are left: a gateway that starts with this folder uploads them"
            );
        }
    }
}

/// What uploads.
struct Task {
    bucket: Arc<dyn Bucket>,
    terms: Terms,
    meters: Meters,
    asked: watch::Receiver<u64>,
    progress: watch::Sender<Progress>,
    hurry: Arc<Notify>,
    backoff: Backoff,
    /// Files that this process cannot read or move away.
    aside: BTreeSet<String>,
    /// The file that was tried last; the next ones come after it, so that a file that is refused holds up no other.
    last: String,
    /// What was logged last, so that an outage is one line.
    trouble: Option<PutError>,
    /// How many files were refused since one was stored.
    refused: usize,
}

/// What became of a file.
enum Outcome {
    Stored,
    Failed(PutError),
    /// It cannot be read, or not be moved away.
    Stuck(String, std::io::Error),
}

impl Task {
    async fn run(mut self) {
        loop {
            let asked = *self.asked.borrow_and_update();
            let (names, waiting) =
                folder::look(&self.terms.folder, &self.last, &self.aside, MOST_AT_A_LOOK).await;
            self.tell(asked, waiting, false);
            if waiting == 0 {
                if self.asked.changed().await.is_err() {
                    return;
                }
                continue;
            }
            if names.is_empty() {
                self.last.clear(); // From the first one again.
                continue;
            }
            let (stored, failure) = self.upload_all(names).await;
            if stored > 0 {
                self.backoff.reset();
                self.refused = 0;
            }
            let Some(error) = failure else {
                if self.trouble.take().is_some() {
                    tracing::info!("files are uploaded again");
                }
                continue;
            };
            let waiting = waiting - stored.min(waiting);
            self.refused += usize::from(error.is_of_file());
            let are_all_refused = error.is_lasting() || self.refused >= waiting;
            self.tell(asked, waiting, are_all_refused);
            self.complain(error);
            let wait = self.backoff.next_wait();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.hurry.notified() => self.backoff.reset(),
            }
        }
    }

    fn tell(&self, asked: u64, waiting: usize, is_refused: bool) {
        let all = waiting + self.aside.len();
        self.meters.uploads_waiting.set(all as f64);
        self.progress.send_replace(Progress {
            asked,
            waiting,
            is_refused,
        });
    }

    /// Uploads files until the storage fails: how many it has then, and why not all.
    async fn upload_all(&mut self, names: Vec<String>) -> (usize, Option<PutError>) {
        let (mut stored, mut failure, mut stuck) = (0, None, Vec::new());
        let mut last = String::new();
        let mut names = names.into_iter();
        let mut uploads = FuturesUnordered::new();
        loop {
            while failure.is_none()
                && uploads.len() < self.terms.at_once
                && let Some(name) = names.next()
            {
                last.clone_from(&name);
                uploads.push(self.upload(name));
            }
            match uploads.next().await {
                None => break,
                Some(Outcome::Stored) => {
                    stored += 1;
                    self.meters.uploads_waiting.decrement(1.0);
                    self.progress
                        .send_modify(|it| it.waiting = it.waiting.saturating_sub(1));
                }
                Some(Outcome::Failed(error)) => failure = Some(error),
                Some(Outcome::Stuck(name, error)) => stuck.push((name, error)),
            }
        }
        drop(uploads);
        self.last = last;
        for (name, error) in stuck {
            let path = self.terms.folder.join(&name);
            tracing::error!(path = %path.display(), %error, "a file cannot be uploaded or moved away: correct its rights, then start the gateway again");
            self.aside.insert(name);
        }
        (stored, failure)
    }

    async fn upload(&self, name: String) -> Outcome {
        let (terms, meters) = (&self.terms, &self.meters);
        let (key, content) = match folder::open(&terms.folder, &terms.prefix, &name).await {
            Ok(Some(opened)) => opened,
            // Another process with this folder was faster.
            Ok(None) => return Outcome::Stored,
            Err(error) => {
                meters.upload_failures.increment(1);
                return Outcome::Stuck(name, error);
            }
        };
        let bytes = content.bytes;
        let put = tokio::time::timeout(terms.timeout, self.bucket.put(&key, content));
        let put = put.await.unwrap_or_else(|_| {
            let problem = "no answer in time; raise shared.storage.timeout if files are large";
            Err(PutError::Unreachable(problem.to_owned()))
        });
        if let Err(error) = put {
            meters.upload_failures.increment(1);
            return Outcome::Failed(error);
        }
        meters.uploaded.increment(1);
        meters.uploaded_bytes.increment(bytes);
        match folder::clear(&terms.folder, &name, terms.keep_local).await {
            Ok(()) => Outcome::Stored,
            Err(error) => Outcome::Stuck(name, error),
        }
    }

    /// One line when it begins to fail in another way, not one for each try.
    fn complain(&mut self, error: PutError) {
        let is_new =
            |told: &PutError| std::mem::discriminant(told) != std::mem::discriminant(&error);
        if self.trouble.as_ref().is_none_or(is_new) {
            match &error {
                PutError::AccessKey(_) => tracing::error!(
                    %error,
                    "files are not uploaded: the object storage refuses the access key; correct it, its rights, or the clock"
                ),
                PutError::NoBucket(_) => tracing::error!(
                    %error,
                    "files are not uploaded: there is no such bucket; make it, or correct shared.storage"
                ),
                PutError::Unreachable(_) => tracing::error!(
                    %error,
                    "files are not uploaded: the object storage cannot be reached; they wait until it can"
                ),
                PutError::Refused { .. } => tracing::error!(
                    %error,
                    "files are not uploaded: the object storage does not take them; look its code up"
                ),
            }
        }
        self.trouble = Some(error);
    }
}

/// The most names in memory.
const MOST_AT_A_LOOK: usize = 256;

#[cfg(test)]
mod tests;
