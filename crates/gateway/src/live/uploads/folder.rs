//! The folder of files that wait to be uploaded.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Result};
use std::path::Path;

use tokio::fs::{self, File};

use crate::live::storage::Content;

/// The first files after a name, in the order of names, and how many there are in all. Without those `aside`.
///
/// Names are those of ended calls: nothing else in the folder is touched, and no `.part`.
pub(super) async fn look(
    folder: &Path,
    after: &str,
    aside: &BTreeSet<String>,
    most: usize,
) -> (Vec<String>, usize) {
    let (mut names, mut waiting) = (BTreeSet::new(), 0);
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(folder = %folder.display(), %error, "the folder of recordings cannot be read: correct its rights");
            return (Vec::new(), 0);
        }
    };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| media_type(name).is_some()) else {
            continue;
        };
        if aside.contains(name) {
            continue;
        }
        waiting += 1;
        if name > after {
            names.insert(name.to_owned());
            if names.len() > most {
                names.pop_last();
            }
        }
    }
    (names.into_iter().collect(), waiting)
}

/// A file and its key, `prefix/YYYY/MM/DD/NAME`: the day (UTC) on which it was finished, which is the same at each try.
/// None if it is gone.
pub(super) async fn open(
    folder: &Path,
    prefix: &str,
    name: &str,
) -> Result<Option<(String, Content)>> {
    let file = match File::open(folder.join(name)).await {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata().await?;
    let finished = humantime::format_rfc3339_seconds(metadata.modified()?).to_string();
    let day = finished.get(..10).unwrap_or_default().replace('-', "/");
    let slash = if prefix.is_empty() { "" } else { "/" };
    let content = Content {
        file,
        bytes: metadata.len(),
        media_type: media_type(name).unwrap_or_default(),
    };
    Ok(Some((format!("{prefix}{slash}{day}/{name}"), content)))
}

/// Removes a file that is stored, or moves it into the folder `uploaded`.
pub(super) async fn clear(folder: &Path, name: &str, keep: bool) -> Result<()> {
    let path = folder.join(name);
    let cleared = if keep {
        let uploaded = folder.join("uploaded");
        fs::create_dir_all(&uploaded).await?;
        fs::rename(path, uploaded.join(name)).await
    } else {
        fs::remove_file(path).await
    };
    match cleared {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        cleared => cleared,
    }
}

/// What a file of a call holds, by its name: our id of the call in hexadecimal, and what it is.
fn media_type(name: &str) -> Option<&'static str> {
    let (id, kind) = name.split_once('.')?;
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if id.len() != 16 || !id.bytes().all(is_hex) {
        return None;
    }
    match kind {
        "wav" => Some("audio/wav"),
        "json" => Some("application/json"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_files_of_calls_are_touched() {
        assert_eq!(media_type("00c0ffee00c0ffee.wav"), Some("audio/wav"));
        assert_eq!(
            media_type("00c0ffee00c0ffee.json"),
            Some("application/json")
        );
        for name in [
            "00c0ffee00c0ffee.wav.part",
            "00c0ffee00c0ffee.json.part",
            "00C0FFEE00C0FFEE.wav",
            "00c0ffee.wav",
            "music.wav",
            "uploaded",
        ] {
            assert_eq!(media_type(name), None, "{name}");
        }
    }
}
