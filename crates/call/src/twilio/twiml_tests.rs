use super::*;

fn check(document: &Document, verbs: &str) {
    let whole = format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>"#);
    assert_eq!(document.to_string(), whole);
}

#[test]
fn every_verb() {
    let dial = Dial {
        number: "+15005550006",
        caller_id: Some("+15005550001"),
        timeout: Some(Duration::from_millis(19_001)),
        action: Some("/done?a=1&b=2"),
    };
    check(
        &Document::new()
            .pause(Duration::ZERO)
            .dial(&dial)
            .redirect("/r?x=1&y=2")
            .hangup(),
        "<Pause length=\"1\"/><Dial callerId=\"+15005550001\" timeout=\"20\" \
         action=\"/done?a=1&amp;b=2\" method=\"POST\">+15005550006</Dial>\
         <Redirect method=\"POST\">/r?x=1&amp;y=2</Redirect><Hangup/>",
    );
    let stream = Stream::new("wss://a.example/m").expect("a good URL");
    let stream = stream.status_callback("https://a.example/s");
    check(
        &Document::new().connect(&stream, None),
        "<Connect><Stream url=\"wss://a.example/m\" statusCallback=\"https://a.example/s\" \
         statusCallbackMethod=\"POST\"/></Connect>",
    );
}

#[test]
fn text_that_is_not_xml() {
    let say = Say {
        text: "<\"a' & \n\u{0}\u{B}\u{FFFF}é]]>",
        ..Say::default()
    };
    check(
        &Document::new().say(&say),
        "<Say>&lt;&quot;a' &amp; &#10;\u{FFFD}\u{FFFD}\u{FFFD}é]]&gt;</Say>",
    );
}

#[test]
fn urls_that_the_carrier_refuses() {
    for (url, error) in [
        ("ws://a.example/m", Error::Scheme),
        ("https://a.example/m", Error::Scheme),
        ("wss://a.example/m?token=1", Error::Query),
        ("wss://", Error::Host),
        ("wss:///m", Error::Host),
    ] {
        assert_eq!(Stream::new(url), Err(error), "{url}");
    }
}

#[test]
fn parameters_have_limits() {
    let stream = Stream::new("wss://a.example/m").expect("a good URL");
    let value = "é".repeat(PARAMETER_LIMIT - 2);
    assert!(stream.clone().parameter("n", &value).is_ok());
    assert_eq!(
        stream.clone().parameter("nn", &value),
        Err(Error::ParameterTooLong { length: 500 })
    );
    let full = (0..MOST_PARAMETERS).try_fold(stream, |stream, _| stream.parameter("a", "b"));
    let full = full.expect("as many as may be");
    assert_eq!(full.parameter("a", "b"), Err(Error::TooManyParameters));
}

#[test]
fn debug_shows_no_content() {
    let say = Say {
        text: "hello",
        ..Say::default()
    };
    assert_eq!(
        format!("{:?}", Document::new().say(&say)),
        "Document(16 bytes)"
    );
}
