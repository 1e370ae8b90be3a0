//! Outputs appear whole or not at all, in their place, and never over the input.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use audio_converter_file::{Container, Conversion, Error, Sink, SourceOptions, convert_file};

fn sink(path: &Path) -> Result<Sink, Error> {
    Sink::create(path, Container::Raw, "mulaw/8000".parse().unwrap())
}

fn write(path: &Path, bytes: &[u8]) -> Result<u64, Error> {
    let mut sink = sink(path)?;
    sink.write(bytes)?;
    sink.finish()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn convert(input: &Path, output: &Path) -> Result<(), Error> {
    convert_file(input, output, &Conversion::default(), &mut |_| {
        ControlFlow::Continue(())
    })
    .map(drop)
}

#[test]
fn a_file_appears_at_the_end_and_replaces_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.ulaw");
    fs::write(&path, b"old").unwrap();
    let mut sink = sink(&path).unwrap();
    sink.write(b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(sink.finish().unwrap(), 3);
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["out.ulaw"]);
}

#[test]
fn a_dropped_output_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = sink(&folder.path().join("out.ulaw")).unwrap();
    sink.write(&[0; 1 << 20]).unwrap();
    assert_eq!(names(folder.path()).len(), 1);
    drop(sink);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn folders_that_do_not_exist_and_folders_as_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let error = write(&folder.path().join("no/out.ulaw"), b"x").unwrap_err();
    assert!(
        error.to_string().ends_with("no such file or directory"),
        "{error}"
    );
    assert!(matches!(
        write(folder.path(), b"x"),
        Err(Error::Folder { .. })
    ));
}

#[test]
fn input_and_output_must_differ() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ulaw");
    fs::write(&path, [0xFF; 100]).unwrap();
    let around = folder.path().join(".").join("a.ulaw");
    assert!(matches!(
        convert(&path, &around),
        Err(Error::SameFile { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), [0xFF; 100]);
}

#[test]
fn an_existing_output_is_kept_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("a.ulaw"), folder.path().join("b.wav"));
    fs::write(&input, [0xFF; 100]).unwrap();
    fs::write(&output, b"old").unwrap();
    let mut conversion = Conversion::default();
    conversion.keep_existing = true;
    let result = convert_file(&input, &output, &conversion, &mut |_| {
        ControlFlow::Continue(())
    });
    assert!(matches!(result, Err(Error::Exists { .. })));
    assert_eq!(fs::read(&output).unwrap(), b"old");
}

#[test]
fn an_output_that_appears_meanwhile_is_kept_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("a.ulaw"), folder.path().join("b.wav"));
    fs::write(&input, [0xFF; 100]).unwrap();
    let mut conversion = Conversion::default();
    conversion.keep_existing = true;
    let result = convert_file(&input, &output, &conversion, &mut |_| {
        fs::write(&output, b"other").unwrap();
        ControlFlow::Continue(())
    });
    assert!(matches!(result, Err(Error::Exists { .. })));
    assert_eq!(fs::read(&output).unwrap(), b"other");
    assert_eq!(names(folder.path()), ["a.ulaw", "b.wav"]);
}

#[test]
fn a_conversion_that_is_broken_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.ulaw");
    fs::write(&input, [0xFF; 16_000]).unwrap();
    let mut conversion = Conversion::default();
    conversion.chunk_samples = Some(8_000);
    let mut chunks = 0;
    let result = convert_file(
        &input,
        folder.path().join("b.wav"),
        &conversion,
        &mut |_| {
            chunks += 1;
            ControlFlow::Break(())
        },
    );
    assert!(matches!(result, Err(Error::Cancelled { .. })));
    assert_eq!(chunks, 1);
    assert_eq!(names(folder.path()), ["a.ulaw"]);
}

#[test]
fn nothing_is_a_recording_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("a.pcm"), folder.path().join("b.wav"));
    fs::write(&input, b"").unwrap();
    let mut conversion = Conversion::default();
    conversion.source = SourceOptions::raw("pcm16/8000".parse().unwrap());
    let convert = |conversion: &Conversion| {
        convert_file(&input, &output, conversion, &mut |_| {
            ControlFlow::Continue(())
        })
    };
    assert!(matches!(convert(&conversion), Err(Error::Empty { .. })));
    conversion.source.accepts_empty = true;
    let report = convert(&conversion).unwrap();
    assert_eq!((report.samples_read, report.samples_written), (0, 0));
    assert_eq!(fs::read(&output).unwrap().len(), 44);
}

#[test]
fn progress_tells_how_far_it_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("a.ulaw");
    fs::write(&input, [0xFF; 16_000]).unwrap();
    let mut conversion = Conversion::default();
    conversion.chunk_samples = Some(8_000);
    let mut seen = Vec::new();
    convert_file(
        &input,
        folder.path().join("b.wav"),
        &conversion,
        &mut |position| {
            seen.push((
                position.done.as_secs_f64(),
                position.total.map(|total| total.as_secs_f64()),
            ));
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert_eq!(seen, [(1.0, Some(2.0)), (2.0, Some(2.0))]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn permissions_are_those_of_any_new_file_or_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, ours) = (folder.path().join("plain"), folder.path().join("ours"));
        fs::write(&plain, b"x").unwrap();
        write(&ours, b"x").unwrap();
        assert_eq!(mode(&ours), mode(&plain));
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o640)).unwrap();
        write(&ours, b"y").unwrap();
        assert_eq!(mode(&ours), 0o640);
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (
            folder.path().join("target.ulaw"),
            folder.path().join("link.ulaw"),
        );
        // First the target does not exist yet, then it does.
        symlink("target.ulaw", &link).unwrap();
        for bytes in [b"one", b"two"] {
            write(&link, bytes).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read(&target).unwrap(), bytes);
        }
        assert_eq!(names(folder.path()), ["link.ulaw", "target.ulaw"]);
    }

    #[test]
    fn links_that_go_round_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link.ulaw");
        symlink("link.ulaw", &link).unwrap();
        assert_eq!(
            write(&link, b"x").unwrap_err().to_string(),
            format!("cannot write {}: too many links", link.display())
        );
    }

    #[test]
    fn links_to_the_input_are_the_input() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ulaw");
        fs::write(&path, [0xFF; 100]).unwrap();
        symlink("a.ulaw", folder.path().join("soft.ulaw")).unwrap();
        fs::hard_link(&path, folder.path().join("hard.ulaw")).unwrap();
        for name in ["soft.ulaw", "hard.ulaw"] {
            let result = convert(&path, &folder.path().join(name));
            assert!(matches!(result, Err(Error::SameFile { .. })), "{name}");
        }
    }

    #[test]
    fn devices_are_written_to_directly() {
        write(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_device_is_an_error() {
        let error = write(Path::new("/dev/full"), b"x").unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot write /dev/full: no space left on device"
        );
        assert!(error.hint().is_some());
    }
}
