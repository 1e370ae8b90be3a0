use super::*;
use crate::gemini::request::Request;

/// An endpoint's URL, and that the other side recognises what it connects with.
fn check(endpoint: &Endpoint, url: &str) {
    assert_eq!(endpoint.url(), url);
    let path = url.find("/ws/").map_or("", |at| &url[at..]);
    let headers = endpoint.headers();
    let headers = headers
        .iter()
        .map(|header| (header.name, header.value.expose_secret()));
    let request = Request::recognise(path, headers).expect("its own path");
    assert_eq!(request.surface, endpoint.surface());
    assert!(!format!("{endpoint:?} {request:?}").contains("SECRET"));
    let credential = request.credential.expect("its own credential");
    assert_eq!(
        credential.expose(),
        endpoint.credential.expose(),
        "the secret"
    );
    assert_eq!(
        std::mem::discriminant(&credential),
        std::mem::discriminant(&endpoint.credential),
        "the kind of secret"
    );
}

#[test]
fn places() {
    let developer = "wss://generativelanguage.googleapis.com/ws/google.ai.generativelanguage.v1";
    let bidi = ".GenerativeService.BidiGenerateContent";
    let endpoint = Endpoint::developer("SECRET");
    check(&endpoint, &format!("{developer}beta{bidi}"));
    let endpoint = endpoint.with_version(Version::V1).expect("a version");
    check(&endpoint, &format!("{developer}{bidi}"));
    let endpoint = Endpoint::ephemeral("auth_tokens/SECRET");
    check(&endpoint, &format!("{developer}alpha{bidi}Constrained"));
    assert_eq!(
        endpoint.with_version(Version::V1).map(|_| ()),
        Err(EndpointError::TokenVersion)
    );
    let vertex = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
    for (location, host) in [
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ] {
        let endpoint = Endpoint::vertex("p", location, "SECRET").expect("names");
        check(
            &endpoint.with_user_project("q"),
            &format!("wss://{host}{vertex}"),
        );
    }
    check(
        &Endpoint::vertex_express("SECRET").with_token("SECRET2"),
        &format!("wss://aiplatform.googleapis.com{vertex}"),
    );
}

#[test]
fn base_urls() {
    let path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    for (base, start) in [
        ("https://proxy.example", "wss://proxy.example"),
        ("wss://proxy.example:8443/", "wss://proxy.example:8443"),
        ("http://127.0.0.1:9000//", "ws://127.0.0.1:9000"),
        ("ws://[::1]:9000/a/b", "ws://[::1]:9000/a/b"),
    ] {
        let endpoint = Endpoint::developer("SECRET").with_base_url(base);
        check(&endpoint.expect("a URL"), &format!("{start}{path}"));
    }
    for base in [
        "",
        "ftp://a",
        "https://",
        "https:///x",
        "a.example",
        "https://a b",
    ] {
        let error = Endpoint::developer("k").with_base_url(base).map(|_| ());
        assert_eq!(error, Err(EndpointError::BaseUrl), "{base}");
    }
    let error = Endpoint::developer("k")
        .with_base_url("https://a?b")
        .map(|_| ());
    assert_eq!(error, Err(EndpointError::BaseQuery));
    for (project, location) in [("p", "evil.example/"), ("", "us"), ("p/q", "us")] {
        let error = Endpoint::vertex(project, location, "t").map(|_| ());
        assert_eq!(error, Err(EndpointError::Name), "{project} {location}");
    }
}
