//! The demo's call in virtual time: a greeting, an answer, a barge-in, a tool, a handover, and a good-bye.

use phonebox::demo::{Happening, Story, Who, rehearse};
use phonebox::score::picture::EventKind;

fn of_kind(story: &Story, kind: EventKind) -> Vec<&Happening> {
    let happenings = story.happenings().iter();
    happenings.filter(|it| it.kind == kind).collect()
}

#[test]
fn the_call_has_everything_and_is_clean() {
    let story = rehearse().expect("a story");
    assert_eq!(story.violations(), []);
    let seconds = story.length().as_secs_f64();
    assert!((22.0..28.0).contains(&seconds), "{seconds}");

    let said = of_kind(&story, EventKind::Turn);
    let agent = said.iter().filter(|it| it.who == Who::Agent).count();
    assert_eq!((agent, said.len()), (4, 7), "{}", story.transcript());
    assert!(
        story.transcript().contains("confirm? —\n"),
        "{}",
        story.transcript()
    );
    let words = |kind| {
        let found = of_kind(&story, kind).into_iter();
        found.map(|it| it.what.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(words(EventKind::Handover), ["leaves in 9 s", "goes on"]);
    assert_eq!(
        words(EventKind::Tool),
        [
            "calls track_order",
            "track_order answered",
            "calls end_call",
            "end_call answered"
        ]
    );
    assert_eq!(words(EventKind::Call), ["ready", "answers", "hangs up"]);

    let score = story.score();
    assert_eq!(score.barge_ins.len(), 1, "{score}");
    assert!(score.longest_handover_ms.is_some() && score.ledger_error_ms.is_some());
    let way = &score.to_caller;
    assert!(
        way.snr_db.expect("sound") > way.best_snr_db.expect("sound") - 0.5,
        "{score}"
    );
}

#[test]
fn a_story_is_written_as_four_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let story = rehearse().expect("a story");
    let files = story.write(&folder.path().join("new")).expect("written");
    let sound = hound::WavReader::open(&files.call).expect("a WAV file");
    assert_eq!(sound.spec().channels, 2);
    assert_eq!(
        u128::from(sound.duration()),
        story.length().as_micros() / 125
    );
    let report = std::fs::read_to_string(&files.report).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["transcript"].as_array().expect("lines").len(), 7);
    assert!(
        std::fs::read(&files.picture)
            .expect("a picture")
            .starts_with(b"\x89PNG")
    );

    let taken = folder.path().join("taken");
    std::fs::write(&taken, "").expect("written");
    let error = story.write(&taken).expect_err("a file");
    assert!(
        error.to_string().contains("choose another folder"),
        "{error}"
    );
}
