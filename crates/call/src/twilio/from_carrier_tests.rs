use super::*;
use crate::twilio::{MOST_PARAMETERS, MediaFormat, PARAMETER_LIMIT, Parameters, Tracks};

/// What an example means, and that writing it gives the compact form of the same text.
fn check(text: &str, expected: &FromCarrier<'_>) {
    let message = FromCarrier::parse(text).expect("an example");
    assert_eq!(&message, expected);
    assert_eq!(FromCarrier::parse_bytes(text.as_bytes()), Ok(message));
    let mut written = String::from("before");
    expected.write(&mut written);
    let compact: String = text.split(['\n']).map(str::trim_start).collect();
    assert_eq!(written.strip_prefix("before"), Some(&*compact));
}

fn error(text: &str) -> String {
    FromCarrier::parse(text)
        .expect_err("no message")
        .to_string()
}

const SID: &str = "MZ00000000000000000000000000000001";

fn digit(key: char) -> Pii<Digit> {
    Pii::new(Digit::new(key).expect("a key"))
}

#[test]
fn connected() {
    check(
        r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#,
        &FromCarrier::Connected,
    );
}

#[test]
fn start() {
    check(
        r#"{"event":"start","sequenceNumber":"1","streamSid":"MZ00000000000000000000000000000001",
            "start":{"streamSid":"MZ00000000000000000000000000000001","accountSid":"AC00000000000000000000000000000001",
            "callSid":"CA00000000000000000000000000000001","tracks":["inbound"],
            "customParameters":{"tenant":"t42"},
            "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}}}"#,
        &FromCarrier::Start(Box::new(Start {
            sequence: Some(1),
            stream_sid: SID.into(),
            account_sid: "AC00000000000000000000000000000001".into(),
            call_sid: "CA00000000000000000000000000000001".into(),
            tracks: Tracks {
                inbound: true,
                outbound: false,
            },
            parameters: Parameters::new(vec![("tenant".into(), "t42".into())]),
            format: MediaFormat::default(),
        })),
    );
}

#[test]
fn media() {
    check(
        r#"{"event":"media","sequenceNumber":"4","streamSid":"MZ00000000000000000000000000000001",
            "media":{"track":"inbound","chunk":"2","timestamp":"20","payload":"//79/Pv6+fj39vX08/Lx8A=="}}"#,
        &FromCarrier::Media(Media {
            sequence: Some(4),
            stream_sid: SID.into(),
            track: Track::Inbound,
            chunk: Some(2),
            timestamp: Some(Duration::from_millis(20)),
            payload: Payload::new("//79/Pv6+fj39vX08/Lx8A=="),
        }),
    );
}

#[test]
fn dtmf() {
    check(
        r#"{"event":"dtmf","sequenceNumber":"311","streamSid":"MZ00000000000000000000000000000001",
            "dtmf":{"track":"inbound_track","digit":"5"}}"#,
        &FromCarrier::Dtmf(Dtmf {
            sequence: Some(311),
            stream_sid: SID.into(),
            track: Track::Inbound,
            digit: digit('5'),
        }),
    );
}

#[test]
fn mark() {
    check(
        r#"{"event":"mark","sequenceNumber":"402","streamSid":"MZ00000000000000000000000000000001","mark":{"name":"turn3:7"}}"#,
        &FromCarrier::Mark(Mark {
            sequence: Some(402),
            stream_sid: SID.into(),
            name: "turn3:7".into(),
        }),
    );
}

#[test]
fn stop() {
    check(
        r#"{"event":"stop","sequenceNumber":"9001","streamSid":"MZ00000000000000000000000000000001",
            "stop":{"accountSid":"AC00000000000000000000000000000001","callSid":"CA00000000000000000000000000000001"}}"#,
        &FromCarrier::Stop(Stop {
            sequence: Some(9001),
            stream_sid: SID.into(),
            account_sid: "AC00000000000000000000000000000001".into(),
            call_sid: "CA00000000000000000000000000000001".into(),
        }),
    );
}

#[test]
fn counters_are_numbers_texts_missing_or_nonsense() {
    for (counter, expected) in [
        ("7", Some(7)),
        ("\"7\"", Some(7)),
        ("null", None),
        ("\"x\"", None),
    ] {
        let text = format!(
            r#"{{"event":"media","sequenceNumber":{counter},"media":{{"chunk":{counter},"timestamp":{counter},"payload":""}}}}"#
        );
        let Ok(FromCarrier::Media(media)) = FromCarrier::parse(&text) else {
            panic!("media: {text}");
        };
        assert_eq!((media.sequence, media.chunk), (expected, expected));
        assert_eq!(media.timestamp, expected.map(Duration::from_millis));
    }
    let text = r#"{"event":"start","start":{"streamSid":"MZ1","mediaFormat":{"sampleRate":"16000","channels":"2"}}}"#;
    let Ok(FromCarrier::Start(start)) = FromCarrier::parse(text) else {
        panic!("start");
    };
    assert_eq!((start.format.rate, start.format.channels), (16_000, 2));
}

#[test]
fn unknown_events_and_fields_are_no_faults() {
    let unknown = FromCarrier::Unknown("warm".into());
    assert_eq!(
        FromCarrier::parse(r#"{"event":"warm","x":[{}]}"#),
        Ok(unknown.clone())
    );
    assert_eq!(
        FromCarrier::parse(r#"{"event":"warm","media":5}"#),
        Ok(unknown)
    );
    let text = r#"{"event":"connected","protocol":"Call","version":"1.0.0","region":{"a":1}}"#;
    assert_eq!(FromCarrier::parse(text), Ok(FromCarrier::Connected));
}

#[test]
fn escaped_slashes_in_a_payload() {
    let text = r#"{"event":"media","media":{"payload":"\/\/79"}}"#;
    let Ok(FromCarrier::Media(media)) = FromCarrier::parse(text) else {
        panic!("media");
    };
    assert_eq!(media.payload, Payload::new("//79"));
}

#[test]
fn errors_name_the_field_and_quote_nothing() {
    assert_eq!(error(r#"{"streamSid":"MZ1"}"#), "event is missing");
    assert_eq!(error(r#"{"event":"media"}"#), "media is missing");
    assert_eq!(
        error(r#"{"event":"start","start":{"callSid":"CA1"}}"#),
        "start.streamSid is missing"
    );
    assert_eq!(
        error(r#"{"event":"dtmf","dtmf":{"digit":"55"}}"#),
        "dtmf.digit is not one of 0–9, *, #, A–D"
    );
    let secret = error(r#"{"event":"media","media":"+15005550006"}"#);
    assert!(
        secret.contains("wrong type") && !secret.contains("1500"),
        "{secret}"
    );
    assert!(error(r#"{"event":"media""#).contains("not JSON"));
    let long = " ".repeat(LONGEST_FROM_CARRIER + 1);
    assert!(matches!(
        FromCarrier::parse(&long),
        Err(MessageError::TooLong { .. })
    ));
    assert!(FromCarrier::parse_bytes(b"{\"event\":\"\xFF\"}").is_err());
}

#[test]
fn parameters_have_limits() {
    let start = |parameters: &str| {
        let text = format!(
            r#"{{"event":"start","start":{{"streamSid":"MZ1","customParameters":{{{parameters}}}}}}}"#
        );
        FromCarrier::parse(&text).map(|_| ())
    };
    let many = |count: usize| -> String {
        let pairs: Vec<_> = (0..count).map(|i| format!(r#""{i}":"""#)).collect();
        pairs.join(",")
    };
    assert!(start(&many(MOST_PARAMETERS)).is_ok());
    assert!(start(&many(MOST_PARAMETERS + 1)).is_err());
    let long = |length: usize| format!(r#""é":"{}""#, "é".repeat(length));
    assert!(start(&long(PARAMETER_LIMIT - 2)).is_ok());
    assert!(start(&long(PARAMETER_LIMIT - 1)).is_err());
}

#[test]
fn debug_shows_no_ids_keys_or_sound() {
    let message = FromCarrier::Dtmf(Dtmf {
        sequence: Some(311),
        stream_sid: SID.into(),
        track: Track::Inbound,
        digit: digit('5'),
    });
    assert_eq!(
        format!("{message:?}"),
        "Dtmf(Dtmf { sequence: Some(311), stream_sid: …, track: Inbound, digit: … })"
    );
}
