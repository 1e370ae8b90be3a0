//! The file of one call: its record, and its transcript if one is written. Made to be uploaded.

use std::path::Path;

use serde::Serialize;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use voice_call::redact::Pii;

use super::call_log::CallRecord;

/// What somebody said.
#[derive(Debug, Serialize)]
pub(super) struct Spoken {
    pub(super) at: String,
    pub(super) speaker: &'static str,
    pub(super) text: Pii<String>,
    pub(super) heard_ms: u128,
    pub(super) unheard_ms: u128,
}

/// What was said in a call so far. Without an end it stops at 1 MiB of text: a thousand pages.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    spoken: Vec<Spoken>,
    bytes: usize,
}

impl Transcript {
    /// More of it; false if it is full.
    pub(super) fn append(&mut self, spoken: Spoken) -> bool {
        let bytes = self.bytes + spoken.text.expose().len() + LINE;
        if bytes > MOST_BYTES {
            return false;
        }
        self.bytes = bytes;
        self.spoken.push(spoken);
        true
    }
}

/// What the file holds, as JSON.
#[derive(Serialize)]
struct CallFile<'a> {
    record: &'a CallRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<&'a [Spoken]>,
}

/// Writes `ID.json`, which appears when it is whole.
pub(super) async fn write(
    folder: &Path,
    record: &CallRecord,
    transcript: Option<&Transcript>,
) -> std::io::Result<()> {
    let content = serde_json::to_vec(&CallFile {
        record,
        transcript: transcript.map(|it| &*it.spoken),
    })?;
    let path = folder.join(format!("{}.json", record.id));
    let part = path.with_extension("json.part");
    let mut file = File::create(&part).await?;
    file.write_all(&content).await?;
    // What was written is on its way only; without it, a full disk goes unnoticed.
    file.flush().await?;
    file.sync_all().await?;
    tokio::fs::rename(&part, path).await
}

/// What a line takes besides its text.
const LINE: usize = 128;
const MOST_BYTES: usize = 1 << 20;
