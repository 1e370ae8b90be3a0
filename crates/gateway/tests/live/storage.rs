//! What calls leave behind reaches the object storage, whatever happens in between.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;
use voice_gateway::live::{Shared, SharedConfig, check, store};

use crate::common::net::{listen, soon};
use crate::s3::{BUCKET, KEY, KEY_ID, REGION, S3};
use crate::support::Talk;

/// The section of a server, with the key in a file or in place.
fn section(listener: &TcpListener, key: &str) -> String {
    let address = listener.local_addr().unwrap();
    format!(
        "[storage]\nbucket = '{BUCKET}'\nregion = '{REGION}'\nendpoint = 'http://{address}'\npath_style = true\n\
         prefix = 'voice/calls'\naccess_key_id = '{KEY_ID}'\nsecret_access_key = '{key}'\nfirst_wait = '10ms'\n\
         longest_wait = '10ms'\n"
    )
}

/// What all agents share, without an agent.
fn open(folder: &Path, storage: &str) -> Arc<Shared> {
    let config = format!("recordings = '{}'\n{storage}", folder.display());
    let config: SharedConfig = toml::from_str(&config).unwrap();
    let store = store(&config.store).unwrap();
    Shared::open(&config, &Default::default(), store).unwrap()
}

async fn finish(shared: &Shared) {
    let deadline = Instant::now() + Duration::from_secs(3_600);
    soon("uploads", shared.finish_uploads(deadline)).await;
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_calls_files_are_uploaded_after_it() {
    let listener = listen().await;
    let section = section(&listener, KEY);
    let server = S3::serve(listener);
    let mut talk = Talk::begin("records = true\ntranscripts = true", &section).await;
    talk.session
        .send(json!({"serverContent": {"inputTranscription": {"text": "Hello?"}}}))
        .await;
    talk.session.speak(200).await;
    talk.carrier.next_of("mark").await;
    talk.carrier.stop().await;
    soon("the end", talk.live.ended()).await;
    let record = talk.desk.record().await;
    finish(&talk.desk.shared).await;

    assert_eq!(names(&talk.desk.recordings()), [""; 0]);
    let objects = server.objects();
    let keys: Vec<_> = objects.keys().map(String::as_str).collect();
    let [json, wav] = keys[..] else {
        panic!("{keys:?}");
    };
    let date = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let month = date[..7].replace('-', "/");
    for (key, kind) in [(json, "json"), (wav, "wav")] {
        assert!(key.starts_with(&format!("voice/calls/{month}/")), "{key}");
        assert!(
            key.ends_with(&format!("/{}.{kind}", talk.live.id())),
            "{key}"
        );
    }
    let (media_type, sound) = &objects[wav];
    assert_eq!((&media_type[..], &sound[..4]), ("audio/wav", &b"RIFF"[..]));
    let length = u32::from_le_bytes(sound[4..8].try_into().unwrap()) as usize;
    assert_eq!(length + 8, sound.len());
    let (media_type, file) = &objects[json];
    assert_eq!(media_type, "application/json");
    let file: Value = serde_json::from_slice(file).unwrap();
    assert_eq!(file["record"], record);
    let said = &file["transcript"][0];
    assert_eq!(
        (&said["speaker"], &said["text"]),
        (&json!("caller"), &json!("Hello?"))
    );
    assert!(said["call_sid"].is_null(), "it is in the record");
    let line = &talk.desk.lines("transcripts.jsonl").await[0];
    assert_eq!(line["call_sid"], "CA1");
    for (name, value) in said.as_object().unwrap() {
        assert_eq!(&line[name], value);
    }
}

#[tokio::test]
async fn files_wait_for_a_storage_that_is_away() {
    let (folder, listener) = (tempfile::tempdir().unwrap(), listen().await);
    // Larger than what sockets hold, so that it is sent piece by piece.
    let sound: Vec<u8> = (0..20_000_000_u32).map(|n| (n / 7) as u8).collect();
    std::fs::write(folder.path().join("00000000000000aa.wav"), &sound).unwrap();
    let shared = open(folder.path(), &section(&listener, KEY));
    for _ in 0..3 {
        let (socket, _) = soon("a try", listener.accept()).await.unwrap();
        drop(socket);
    }
    let server = S3::serve(listener);
    finish(&shared).await;
    let objects = server.objects();
    let (key, (_, stored)) = objects.first_key_value().unwrap();
    assert!(key.ends_with("/00000000000000aa.wav"), "{key}");
    assert!(*stored == sound, "{} bytes", stored.len());
    assert_eq!(names(folder.path()), [""; 0]);
}

#[tokio::test]
async fn the_next_process_uploads_what_the_last_one_left() {
    let (folder, listener) = (tempfile::tempdir().unwrap(), listen().await);
    let section = section(&listener, KEY);
    let first = open(folder.path(), &section);
    let file = folder.path().join("00000000000000bb.json");
    std::fs::write(file, "{}").unwrap();
    std::fs::write(folder.path().join("00000000000000cc.wav.part"), "RIFF").unwrap();
    drop(first);
    let server = S3::serve(listener);
    let second = open(folder.path(), &section);
    server.answered(1).await; // Without being asked.
    finish(&second).await;
    let objects = server.objects();
    let keys: Vec<_> = objects.keys().collect();
    assert!(
        matches!(keys[..], [key] if key.ends_with("/00000000000000bb.json")),
        "{keys:?}"
    );
    assert_eq!(names(folder.path()), ["00000000000000cc.wav.part"]);
}

#[tokio::test]
async fn a_wrong_key_is_told_once_and_the_right_one_needs_no_restart() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let lines = lines
        .with_ansi(false)
        .with_writer(Arc::new(log.reopen().unwrap()))
        .finish();
    let _guard = tracing::subscriber::set_default(lines);

    let (folder, listener) = (tempfile::tempdir().unwrap(), listen().await);
    let file = folder.path().join("00000000000000dd.json");
    std::fs::write(&file, "{}").unwrap();
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "not-the-key").unwrap();
    let section = section(&listener, &format!("file:{}", key.path().display()));
    let server = S3::serve(listener);
    let shared = open(folder.path(), &section);
    server.answered(3).await;
    finish(&shared).await; // It does not wait for what will not change.
    assert!(file.exists());
    assert!(server.objects().is_empty());
    let said = std::fs::read_to_string(log.path()).unwrap();
    let lines = said.matches("the object storage refuses the access key");
    assert_eq!(lines.count(), 1, "{said}");
    assert!(
        said.contains("error=SignatureDoesNotMatch (status 403)"),
        "{said}"
    );
    for secret in ["not-the-key", KEY_ID, "X-Amz-Signature"] {
        assert!(!said.contains(secret), "{said}");
    }

    std::fs::write(key.path(), KEY).unwrap();
    finish(&shared).await;
    assert_eq!(server.objects().len(), 1);
    assert!(!file.exists());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named() {
    let (folder, listener) = (tempfile::tempdir().unwrap(), listen().await);
    std::fs::write(folder.path().join("00000000000000ee.json"), "{}").unwrap();
    let section = section(&listener, KEY).replace(BUCKET, "another-one");
    let server = S3::serve(listener);
    let shared = open(folder.path(), &section);
    server.answered(1).await;
    finish(&shared).await;
    assert_eq!(names(folder.path()), ["00000000000000ee.json"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_section_is_found_at_the_start() {
    let section = section(&listen().await, KEY);
    let told = |config: &str| {
        let config: SharedConfig = toml::from_str(config).unwrap();
        let text = toml::to_string(&config).unwrap();
        assert!(!text.contains(KEY), "{text}");
        check(&config, &Default::default(), &Default::default()).map_err(|it| it.to_string())
    };
    let whole = format!("recordings = '.'\n{section}");
    assert_eq!(told(&whole), Ok(()));
    for (from, to, key) in [
        ("recordings = '.'", "", "bucket: it needs a folder"),
        (BUCKET, "a/b", "bucket: "),
        (REGION, "", "region: "),
        ("http://", "", "endpoint: it is no address"),
        ("voice/calls", "/voice", "prefix: "),
        ("[storage]", "[storage]\nat_once = 0", "at_once: "),
        (
            KEY,
            "file:/nothing/there",
            "secret_access_key: the secret's file",
        ),
    ] {
        let error = told(&whole.replace(from, to)).unwrap_err();
        let expected = format!("shared.storage.{key}");
        assert!(error.starts_with(&expected), "{error}");
    }
}
