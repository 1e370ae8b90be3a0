//! The operator's guide says what is so.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::load;
use voice_gateway::metrics;
use voice_gateway::{Config, Gateway};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn guide() -> String {
    fs::read_to_string(root().join("docs/operator-guide.md")).expect("the guide")
}

/// As `serve --check` does, but for the secrets.
fn check(text: &str) {
    let config = load(&without_environment(text), &[], &[]);
    let config = config.unwrap_or_else(|error| panic!("{error}\n{text}"));
    Gateway::check(&config).unwrap_or_else(|error| panic!("{error}\n{text}"));
}

/// A configuration whose secrets are not those of the environment.
fn without_environment(text: &str) -> String {
    text.replace("env:", "a secret in place of ")
        .replace("file:", "a secret in place of ")
}

#[test]
fn its_configurations_are_right() {
    let guide = guide();
    let blocks: Vec<_> = guide
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert_eq!(blocks.len(), 3);
    for block in &blocks[..2] {
        check(block);
    }
    // The third one is a section: of the deployment's configuration, where it is commented out.
    let deployed = fs::read_to_string(root().join("deploy/gateway.toml")).expect("a file");
    for line in blocks[2].lines() {
        let line = format!("\n# {line}").trim_end().to_owned() + "\n";
        assert!(deployed.contains(&line), "{line}");
    }
    if cfg!(feature = "object-storage") {
        check(&format!("{deployed}\n{}", blocks[2]));
    }
}

#[test]
fn the_deployments_configurations_are_right() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("a file");
    check(&read("deploy/gateway.toml"));
    let manifest = read("deploy/kubernetes/gateway.yaml");
    let (_, rest) = manifest
        .split_once("gateway.toml: |\n")
        .expect("the configuration");
    let (config, _) = rest.split_once("\n---").expect("its end");
    check(config);
}

/// Sections, by how the guide names them, with a flag that has an unknown key in them.
const SECTIONS: [(&str, &str, &str); 25] = [
    ("", "zzz", "1"),
    ("server.", "server.zzz", "1"),
    ("admin.", "admin.zzz", "1"),
    ("limits.", "limits.zzz", "1"),
    ("drain.", "drain.zzz", "1"),
    ("log.", "log.zzz", "1"),
    ("carrier.", "carrier.zzz", "1"),
    ("carrier.accounts[].", "carrier.accounts", "[{ zzz = 1 }]"),
    (
        "carrier.accounts[].shared_keys[].",
        "carrier.accounts",
        "[{ sid = \"AC1\", shared_keys = [{ zzz = 1 }] }]",
    ),
    ("outbound.", "outbound.zzz", "1"),
    ("fallback.", "fallback.zzz", "1"),
    ("routes[].", "routes", "[{ zzz = 1 }]"),
    ("services.NAME.", "services.x.zzz", "1"),
    ("shared.", "shared.zzz", "1"),
    ("shared.storage.", "shared.storage.zzz", "1"),
    ("shared.store.", "shared.store.zzz", "1"),
    ("shared.sockets.", "shared.sockets.zzz", "1"),
    ("agents.NAME.", "agents.x.zzz", "1"),
    ("agents.NAME.idle.", "agents.x.idle.zzz", "1"),
    (
        "agents.NAME.caller_level.",
        "agents.x.caller_level.zzz",
        "1",
    ),
    ("agents.NAME.model_level.", "agents.x.model_level.zzz", "1"),
    (
        "agents.NAME.voice_detection.",
        "agents.x.voice_detection.zzz",
        "1",
    ),
    ("agents.NAME.thinking.", "agents.x.thinking.zzz", "1"),
    (
        "agents.NAME.transfers.NAME.",
        "agents.x.transfers.y.zzz",
        "1",
    ),
    ("agents.NAME.tools.NAME.", "agents.x.tools.y.zzz", "1"),
];

#[test]
fn it_lists_every_key() {
    let guide = guide();
    let mut told = BTreeSet::new();
    for (section, key, value) in SECTIONS {
        let flags = [(key.to_owned(), value.to_owned())];
        let error = Config::load(None, [], &flags)
            .expect_err("no such key")
            .to_string();
        let (_, allowed) = error
            .split_once("allowed here: ")
            .unwrap_or_else(|| panic!("{error}"));
        for name in allowed.split(", ") {
            let key = format!("{section}{name}");
            // A section is told by its keys.
            let inner = ["", "[]", ".NAME"].map(|kind| format!("{key}{kind}."));
            let is_section = |it: &String| SECTIONS.iter().any(|(prefix, ..)| prefix == it);
            if inner.iter().any(is_section) {
                continue;
            }
            assert!(guide.contains(&format!("| `{key}` |")), "{key}");
            told.insert(key);
        }
    }
    // And no other: what the table names is a key, or a list of sections.
    for row in guide.split("\n| `").skip(1) {
        let key = row.split('`').next().unwrap_or_default();
        let lists = ["carrier.accounts", "carrier.accounts[].shared_keys"];
        let is_metric = key.starts_with("voice_");
        assert!(
            is_metric || lists.contains(&key) || told.contains(key),
            "{key}"
        );
    }
}

/// The table as it should be. Printed by the failing test, to be put into the guide.
fn metrics_table() -> String {
    let mut table = String::from("| metric | kind | labels | what it says |\n|---|---|---|---|\n");
    for metric in metrics::all() {
        let labels = metric.labels.iter().flatten().map(|(name, values)| {
            let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
            if values.is_empty() {
                format!("`{name}`")
            } else {
                format!("`{name}`: {}", values.join(", "))
            }
        });
        let kind = metric.kind.as_str();
        let labels = labels.collect::<Vec<_>>().join("; ");
        table.push_str(&format!(
            "| `{}` | {kind} | {labels} | {} |\n",
            metric.name, metric.help
        ));
    }
    table
}

#[test]
fn it_lists_every_metric() {
    let (guide, table) = (guide(), metrics_table());
    assert!(
        guide.contains(&table),
        "put this into docs/operator-guide.md:\n{table}"
    );
}

#[test]
fn it_lists_every_warning_and_error() {
    let guide = guide();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a file");
            for kind in ["tracing::warn!(", "tracing::error!("] {
                for rest in text.split(kind).skip(1) {
                    let arguments = rest.split(");").next().expect("an end");
                    // The message is the last text of the arguments.
                    let message = arguments.rsplit('"').nth(1).expect("a message");
                    if message != "{message}" {
                        found += 1;
                        let row = format!("| {message} |");
                        assert!(guide.contains(&row), "{message} ({})", path.display());
                    }
                }
            }
        }
    }
    assert!(found > 20, "{found}");
}
