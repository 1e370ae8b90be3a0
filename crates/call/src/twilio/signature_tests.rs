use super::*;
use serde_json::Value;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn vectors_of_the_official_sdk() {
    let text = include_str!("../../../../testdata/twilio_signature_vectors.json");
    let file: Value = serde_json::from_str(text).expect("JSON");
    let vectors = file["vectors"].as_array().expect("a list");
    assert_eq!(vectors.len(), 9);
    for vector in vectors {
        let field = |name: &str| vector[name].as_str();
        let name = field("name").expect("a name");
        let token = field("token").expect("a token");
        let url = field("url").expect("a URL");
        let key = match field("algorithm") {
            Some("HMAC_SHA256") => Key::sha256(token),
            _ => Key::sha1(token),
        };
        let parameters = vector["params"].as_object().expect("an object");
        let pairs: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().expect("a text")))
            .collect();
        let body = match field("body") {
            Some(body) => Body::Other(body.as_bytes()),
            None if pairs.is_empty() => Body::None,
            None => Body::Form(&pairs),
        };
        let signature = field("signature").expect("a signature");
        assert_eq!(key.sign(url, body), signature, "{name}");
        assert!(key.verify(url, body, signature), "{name}");
        assert!(
            !Key::sha1("another").verify(url, body, signature),
            "{name}: another key"
        );
        assert!(
            !key.verify(&format!("{url}x"), body, signature),
            "{name}: another URL"
        );
    }
}

#[test]
fn repeated_values_count_once_and_order_does_not_matter() {
    let key = Key::sha1(TOKEN);
    let url = "https://bridge.example.com/cb";
    let signature = key.sign(url, Body::Form(&[("A", "1"), ("A", "2"), ("b", "")]));
    let shuffled = [("b", ""), ("A", "2"), ("A", "1"), ("A", "2")];
    assert!(key.verify(url, Body::Form(&shuffled), &signature));
    assert!(!key.verify(url, Body::Form(&shuffled[..2]), &signature));
    // Byte order: A < B < a.
    let mixed = key.sign(url, Body::Form(&[("a", "1"), ("B", "2"), ("A", "3")]));
    assert_eq!(mixed, key.sign(&format!("{url}A3B2a1"), Body::None));
}

#[test]
fn with_port_or_without() {
    let key = Key::sha1(TOKEN);
    for (signed, configured) in [
        ("https://a.example:443/v?x=1", "https://a.example/v?x=1"),
        ("https://a.example/v?x=1", "https://a.example:443/v?x=1"),
        ("https://a.example/v", "https://a.example:8443/v"),
        ("wss://a.example:443/m", "wss://a.example/m"),
        ("wss://a.example:80/m", "wss://a.example/m"),
        ("wss://u:p@[::1]:443/m", "wss://u:p@[::1]/m"),
        ("wss://[::1]/m", "wss://[::1]:8443/m"),
        ("https://a.example:443", "https://a.example"),
        ("https://a.example:443?x=a:b", "https://a.example?x=a:b"),
    ] {
        let signature = key.sign(signed, Body::None);
        assert!(
            key.verify(configured, Body::None, &signature),
            "{signed} {configured}"
        );
    }
    let other = key.sign("https://a.example:8443/v", Body::None);
    assert!(!key.verify("https://a.example/v", Body::None, &other));
}

#[test]
fn a_body_that_is_no_form_needs_its_hash() {
    let key = Key::sha1(TOKEN);
    let url = with_body_hash("https://a.example/json", b"{\"a\":1}");
    let signature = key.sign(&url, Body::Other(b""));
    assert!(key.verify(&url, Body::Other(b"{\"a\":1}"), &signature));
    assert!(!key.verify(&url, Body::Other(b"{\"a\":2}"), &signature));
    let bare = key.sign("https://a.example/json", Body::None);
    assert!(!key.verify("https://a.example/json", Body::Other(b"{}"), &bare));
}

#[test]
fn anything_as_a_signature() {
    let key = Key::sha1(TOKEN);
    for signature in ["", "=", "AAAA", "not base64", "é"] {
        assert!(!key.verify("https://a.example/", Body::None, signature));
    }
    assert!(!key.verify("", Body::None, "AAAA"));
    assert!(!format!("{key:?}").contains(TOKEN));
}

#[test]
fn settings_of_shared_keys() {
    assert_eq!(Settings::parse("key=a"), None);
    assert_eq!(Settings::parse("algorithm=HMAC_SHA1"), None);
    assert_eq!(Settings::parse("key=a,algorithm=HMAC_MD5"), None);
    let settings = Settings::parse("algorithm=HMAC_SHA1, key=a=b").expect("both fields");
    assert_eq!(
        (settings.key.as_str(), settings.algorithm),
        ("a=b", Algorithm::HmacSha1)
    );
}
