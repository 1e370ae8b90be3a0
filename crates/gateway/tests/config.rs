//! What a configuration may say, and how it is told what is wrong.

mod common;

use std::fs;

use common::{BASE, load};
use secrecy::ExposeSecret as _;
use voice_gateway::{Config, Gateway};

/// The error of a file.
fn error(text: &str) -> String {
    load(text, &[], &[]).expect_err("it is wrong")
}

fn with(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, String> {
    load(BASE, variables, flags)
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_is_allowed() {
    let error = error("public_origin = \"https://a.test\"\n\n[limits]\ncals = 3\n");
    assert!(error.starts_with("gateway.toml:4: unknown key `limits.cals`: did you mean `calls`? allowed here: calls, body"), "{error}");
}

#[test]
fn wrong_types_and_broken_files_are_named_with_their_line() {
    let wrong = error("[limits]\n\ncalls = \"many\"\n");
    assert!(
        wrong.starts_with("gateway.toml:3: in `limits`: invalid type"),
        "{wrong}"
    );
    assert!(error("[limits\n").starts_with("gateway.toml:1: "));
    assert!(
        error("[drain]\ngrace = \"soon\"\n")
            .contains("invalid value: string \"soon\", expected a time such as")
    );
}

#[test]
fn a_missing_key_is_named_with_its_place_and_may_come_later() {
    let text = BASE.replace(
        "[agents.bakery]\nservice = \"small\"\nmodel = \"gemini-3.8-live\"\n",
        "[agents.bakery]\n",
    );
    let error = error(&text);
    assert!(error.starts_with("gateway.toml:"), "{error}");
    assert!(
        error.ends_with("in `agents.bakery`: missing field `model`"),
        "{error}"
    );
}

#[test]
fn flags_go_over_the_environment_and_that_over_the_file() {
    let calls = |flags: &[(&str, &str)], variables: &[(&str, &str)]| {
        with(flags, variables).expect("it is right").limits.calls
    };
    assert_eq!(calls(&[], &[]), 300);
    assert_eq!(calls(&[], &[("ASC_LIMITS__CALLS", "5")]), 5);
    assert_eq!(
        calls(&[("limits.calls", "6")], &[("ASC_LIMITS__CALLS", "5")]),
        6
    );
    assert_eq!(calls(&[], &[("ASC_CONFIG", "x"), ("PATH", "y")]), 300);
}

#[test]
fn values_that_look_like_numbers_may_be_texts() {
    let config = with(&[], &[("ASC_OUTBOUND__TOKEN", "12345")]).expect("it is right");
    let token = config.outbound.token.expect("a token");
    assert_eq!(token.read().expect("it is there").expose_secret(), "12345");
    let list = with(
        &[(
            "carrier.accounts",
            "[{ sid = \"AC2\", auth_tokens = [\"t\"] }]",
        )],
        &[],
    );
    assert_eq!(list.expect("it is right").carrier.accounts[0].sid, "AC2");
}

#[test]
fn errors_of_variables_and_flags_name_them() {
    let error = with(&[], &[("ASC_LIMITS__CALLS", "many")]).expect_err("it is wrong");
    assert!(
        error.starts_with("ASC_LIMITS__CALLS: in `limits`: invalid type"),
        "{error}"
    );
    let error = with(&[("limts.calls", "1")], &[]).expect_err("it is wrong");
    assert!(error.starts_with("--set limts.calls: "), "{error}");
    assert!(error.contains("did you mean `limits`?"), "{error}");
}

#[test]
fn what_does_not_fit_together_is_refused() {
    for (key, value, says) in [
        ("public_origin", "http://a.test", "must begin with https://"),
        ("public_origin", "https://a.test/", "without / at its end"),
        (
            "server.certificate",
            "c.pem",
            "certificate and key go together",
        ),
        ("routes", "[]", "add [[routes]]"),
        (
            "routes",
            "[{ agent = \"nobody\" }]",
            "there is no agent `nobody`: the agents are: bakery, desk",
        ),
        (
            "routes",
            "[{ agent = \"desk\", path = \"/other\" }]",
            "must be /voice/ and one word",
        ),
        (
            "routes",
            "[{ agent = \"desk\" }, { agent = \"desk\" }]",
            "the same number and path",
        ),
        (
            "routes",
            "[{ agent = \"desk\", account = \"AC9\" }]",
            "not among carrier.accounts",
        ),
        ("carrier.accounts", "[]", "auth_tokens"),
        (
            "carrier.accounts",
            "[{ sid = \"AC1\" }]",
            "needs auth_tokens or shared_keys",
        ),
        ("fallback.say", "", "no caller hears a dead line"),
        (
            "fallback",
            "{ dial = \"+1\", redirect = \"https://a\" }",
            "exclude each other",
        ),
        ("limits.calls", "0", "at least 1"),
        ("log.level", "loud", "use error, warn"),
        (
            "log.otlp",
            "localhost",
            if cfg!(feature = "otel") {
                "it must be an http or https URL"
            } else {
                "build with the feature otel"
            },
        ),
    ] {
        let error = with(&[(key, value)], &[]).expect_err(key);
        assert!(error.contains(says), "{key} = {value}: {error}");
    }
}

#[test]
fn what_the_whole_needs_is_checked_without_a_runtime_and_without_effects() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let files = [
        ("shared.call_records", path("calls.jsonl")),
        ("shared.transcripts", path("transcripts.jsonl")),
        ("shared.recordings", path("recordings")),
        ("agents.desk.records", "true".to_owned()),
        ("agents.desk.transcripts", "true".to_owned()),
        ("services.main.base_url", "http://127.0.0.1:9".to_owned()),
    ];
    let files: Vec<_> = files
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    Gateway::check(&with(&files, &[]).expect("it is right")).expect("it is right");
    let left = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "a check writes nothing");

    for (key, value, says) in [
        (
            "outbound.token",
            "env:NO_SUCH_VARIABLE_HERE",
            "outbound.token: the environment variable NO_SUCH_VARIABLE_HERE is not set",
        ),
        ("outbound.token", "file:no/such/file", "cannot be read"),
        (
            "carrier.accounts",
            "[{ sid = \"AC1\", auth_tokens = [\"\"] }]",
            "carrier.accounts[0].auth_tokens: *** holds no secret",
        ),
        (
            "services.main.key",
            "file:no/such/file",
            "services.main.key: ",
        ),
        (
            "agents.desk.records",
            "true",
            "agents.desk.records: it needs a folder",
        ),
        (
            "agents.desk.service",
            "other",
            "agents.desk.service: it is other, which is none",
        ),
        (
            "agents.desk.thinking",
            "{ level = \"LOW\" }",
            "agents.desk.thinking: it cannot be so",
        ),
        ("shared.store.redis", "nonsense", "shared.store.redis: "),
        (
            "shared.extra_roots",
            "no/such/file",
            "shared.extra_roots: it names",
        ),
        (
            "server",
            "{ certificate = \"no/such\", key = \"no/such\" }",
            "server.certificate: ",
        ),
    ] {
        let config = with(&[(key, value)], &[]).expect(key);
        let error = Gateway::check(&config).expect_err(key).to_string();
        assert!(error.contains(says), "{key} = {value}: {error}");
    }
}

#[test]
fn secrets_come_from_files_and_never_show() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    fs::write(&path, "from-a-file\n").expect("it can be written");
    let config = with(
        &[("outbound.token", &format!("file:{}", path.display()))],
        &[],
    )
    .expect("it is right");
    let shown = format!("{config} {config:?}");
    let token = config.outbound.token.expect("a token");
    let token = token.read().expect("it is there");
    assert_eq!(token.expose_secret(), "from-a-file");
    for secret in [
        "from-a-file",
        common::TOKEN,
        "ffffffffffffffff",
        "shared-secret",
        "model-key-77aa",
    ] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert!(shown.contains("key = \"***\""), "{shown}");
    assert!(
        shown.contains(&format!("token = \"file:{}", path.display())),
        "{shown}"
    );
}

#[test]
fn what_is_shown_is_a_configuration_itself() {
    let shown = with(&[], &[]).expect("it is right").to_string();
    let again = load(&shown, &[], &[]).expect("it is right");
    assert_eq!(again.to_string(), shown);
}

#[test]
fn routes_are_found_by_path_then_number_then_default() {
    let routes = r#"[{ agent = "desk", number = "+1" }, { agent = "bakery", path = "/voice/b" }, { agent = "bakery" },
        { agent = "desk", number = "+2", account = "AC00000000000000000000000000000001" }]"#
        .replace('\n', " ");
    let config = with(&[("routes", &routes)], &[]).expect("it is right");
    let agent = |tenant, number, account| {
        config
            .route(tenant, number, account)
            .map(|it| it.agent.as_str())
    };
    assert_eq!(agent(None, "+1", "AC9"), Some("desk"));
    assert_eq!(agent(Some("b"), "+1", "AC9"), Some("bakery"));
    assert_eq!(agent(Some("c"), "+1", "AC9"), None);
    assert_eq!(agent(None, "+9", "AC9"), Some("bakery"));
    assert_eq!(agent(None, "+2", common::ACCOUNT), Some("desk"));
    assert_eq!(agent(None, "+2", "AC9"), Some("bakery"));
}
