//! `cargo xtask sdks`: Google's official SDKs, unmodified, hold sessions with the emulated model.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::node::npm;
use crate::python::Environment;
use crate::step::{command_line_tool, failure, quiet};
use crate::tally::Tally;

/// Holds the sessions.
///
/// # Errors
///
/// When a session fails.
pub(crate) fn run() -> Result<(), String> {
    let mut tally = Tally::default();
    check(&mut tally);
    tally.finish()
}

/// All sessions of both SDKs.
pub(crate) fn check(tally: &mut Tally) {
    if let Err(error) = sessions(tally) {
        println!("{error}");
        tally.count("the SDKs' sessions", 0, 1);
    }
}

fn sessions(tally: &mut Tally) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
    let scripts = root.join("crates/phonebox/tests/sdk");
    let folder = root.join("target/phonebox");
    let model = Model::start(&scripts, &folder)?;
    let authority = folder.join("ca.pem");

    let requirements = root.join("bindings/python/requirements-dev.txt");
    let environment =
        Environment::with_requirements(root.join("target/python/tools"), &requirements)?;
    let mut python = environment.command("python");
    python
        .arg(scripts.join("check.py"))
        .args([&model.tls, KEY])
        .env("SSL_CERT_FILE", &authority);
    tally.tests("google-genai with the emulated model", &mut python, counts);

    for name in ["package.json", "check.mjs"] {
        let copied = fs::copy(scripts.join(name), folder.join(name));
        copied.map_err(|error| failure(&folder, &error))?;
    }
    quiet(&mut npm(
        &folder,
        &["install", "--silent", "--no-package-lock"],
    ))?;
    for (name, url) in [("over TLS", &model.tls), ("in plain text", &model.plain)] {
        let mut node = Command::new("node");
        node.current_dir(&folder)
            .args(["check.mjs", url, KEY])
            .env("NODE_EXTRA_CA_CERTS", &authority);
        let name = format!("@google/genai with the emulated model, {name}");
        tally.tests(&name, &mut node, counts);
    }
    Ok(())
}

/// The emulated model as a program.
struct Model {
    child: Child,
    plain: String,
    tls: String,
}

impl Model {
    fn start(scripts: &Path, folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
        let mut child = Command::new(command_line_tool()?)
            .args(["phonebox", "model", "--key", KEY])
            .args(["--listen", ANYWHERE, "--tls", ANYWHERE, "--ca-dir"])
            .arg(folder)
            .arg("--behaviour")
            .arg(scripts.join("behaviour.toml"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start the emulated model: {error}"))?;
        let out = child
            .stdout
            .take()
            .ok_or("the emulated model has no output")?;
        let mut lines = BufReader::new(out).lines().map_while(Result::ok);
        let mut address = |scheme: &str| {
            let found = lines.find_map(|line| {
                let first = line.split(' ').next()?;
                first.starts_with(scheme).then(|| first.to_owned())
            });
            found.ok_or_else(|| format!("the emulated model prints no {scheme} address"))
        };
        let (plain, tls) = (address("http://")?, address("https://")?);
        Ok(Self { child, plain, tls })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // It may be gone already.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// The lines `ok      NAME` and `FAILED  NAME`.
fn counts(text: &str) -> (usize, usize) {
    let count = |word: &str| text.lines().filter(|line| line.starts_with(word)).count();
    (count("ok "), count("FAILED "))
}

/// A free port of this machine.
const ANYWHERE: &str = "127.0.0.1:0";

/// What the model takes for a key.
const KEY: &str = "a-key-of-the-test";

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn lines_are_counted() {
        assert_eq!(counts("ok      a\nFAILED  b\nok      c\nokay\n"), (2, 1));
    }
}
