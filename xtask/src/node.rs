//! `cargo xtask node`: the Node package, built, tested, packed, and installed as its users get it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{CLI, command_line_tool, failure, quiet, renew};
use crate::tally::Tally;

/// Builds, tests, packs and installs the package, and runs the examples.
///
/// # Errors
///
/// When a step fails.
pub(crate) fn run() -> Result<(), String> {
    let mut tally = Tally::default();
    check(&mut tally);
    tally.finish()
}

/// All checks of the Node package and the examples in Node.
pub(crate) fn check(tally: &mut Tally) {
    if let Err(error) = Package::new().check(tally) {
        println!("{error}");
        tally.count("the Node package", 0, 1);
    }
}

/// The package and the places where it is built and tried.
struct Package {
    /// `bindings/node`.
    source: PathBuf,
    /// `examples/node`.
    examples: PathBuf,
    /// `target/node`, for the packed file and the project that it is installed in.
    target: PathBuf,
}

impl Package {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
        Self {
            source: root.join("bindings/node"),
            examples: root.join("examples/node"),
            target: root.join("target/node"),
        }
    }

    fn check(&self, tally: &mut Tally) -> Result<(), String> {
        let needs = "the Node package needs Node 20 or newer with npm";
        quiet(&mut npm(&self.source, &["ci"])).map_err(|error| format!("{error}\n{needs}"))?;
        let mut build = npm(&self.source, &["run", "--silent", "build"]);
        if !tally.check("the native half", &mut build) {
            return Err("without it there is nothing to test".to_owned());
        }
        let tool = command_line_tool()?;
        self.test(tally, "node's tests", &self.source, &tool)?;
        let packed = self.pack()?;
        self.install(tally, &packed)?;
        quiet(&mut npm(&self.examples, &["ci"]))?;
        self.test(tally, "node's examples", &self.examples, &tool)
    }

    /// The tests in a folder's `test`.
    fn test(
        &self,
        tally: &mut Tally,
        name: &str,
        folder: &Path,
        tool: &Path,
    ) -> Result<(), String> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder.join("test"))
            .map_err(|error| failure(folder, &error))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
            .collect();
        files.sort();
        let reporter = self.source.join("scripts/reporter.mjs");
        let mut node = Command::new("node");
        node.current_dir(folder)
            .env(CLI, tool)
            .args([
                "--test",
                "--expose-gc",
                "--test-timeout=120000",
                "--test-reporter-destination=stdout",
            ])
            .arg(format!("--test-reporter={}", reporter.display()))
            .args(files);
        tally.tests(name, &mut node, counts);
        Ok(())
    }

    /// The file that a registry would get.
    fn pack(&self) -> Result<PathBuf, String> {
        let folder = self.target.join("packed");
        renew(&folder)?;
        let mut pack = npm(&self.source, &["pack", "--silent", "--pack-destination"]);
        quiet(pack.arg(&folder))?;
        let mut files = fs::read_dir(&folder).map_err(|error| failure(&folder, &error))?;
        let file = files.find_map(|entry| entry.ok().map(|entry| entry.path()));
        let file = file.ok_or_else(|| format!("npm packed nothing into {}", folder.display()))?;
        let bytes = fs::metadata(&file).map_or(0, |metadata| metadata.len());
        println!("{}: {bytes} bytes", file.display());
        Ok(file)
    }

    /// Into a project with nothing else, and without a network: it needs no other package.
    fn install(&self, tally: &mut Tally, packed: &Path) -> Result<(), String> {
        let project = self.target.join("fresh");
        renew(&project)?;
        let files = [
            ("package.json", "{ \"private\": true }\n"),
            ("modern.mjs", MODERN),
            ("classic.cjs", CLASSIC),
        ];
        for (name, text) in files {
            fs::write(project.join(name), text).map_err(|error| failure(&project, &error))?;
        }
        let mut install = npm(&project, &["install", "--offline", "--silent"]);
        tally.check("the packed file installs", install.arg(packed));
        for (name, script) in [("import", "modern.mjs"), ("require", "classic.cjs")] {
            let mut node = Command::new("node");
            node.arg(script).current_dir(&project);
            tally.check(&format!("a conversion by {name}"), &mut node);
        }
        let mut sample = npm(&project, &["exec", "--offline", "audio-convert-sample"]);
        tally.check("the sample's command", sample.stdout(Stdio::null()));
        let arguments = [
            "exec",
            "--offline",
            "audio-convert",
            "--",
            "down_sample_8khz.ulaw",
            "back.pcm",
            "--direction",
            "ulaw-to-pcm",
        ];
        let mut convert = npm(&project, &arguments);
        tally.check("the converter's command", convert.stdout(Stdio::null()));
        let length = |name: &str| fs::metadata(project.join(name)).map_or(0, |file| file.len());
        let is_whole =
            length("back.pcm") > 0 && length("back.pcm") == 3 * 2 * length("down_sample_8khz.ulaw");
        tally.count(
            "what the commands wrote",
            usize::from(is_whole),
            usize::from(!is_whole),
        );
        Ok(())
    }
}

/// npm in a folder, without questions to the registry that nobody reads.
pub(crate) fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(arguments)
        .current_dir(folder)
        .env("npm_config_audit", "false")
        .env("npm_config_fund", "false");
    npm
}

/// The numbers of the reporter's last line, `test result: ok. 83 passed; 0 failed;`.
fn counts(text: &str) -> (usize, usize) {
    let last = text.lines().rfind(|line| line.starts_with("test result:"));
    let words: Vec<&str> = last.unwrap_or_default().split([' ', ';']).collect();
    let number = |name: &str| -> usize {
        words
            .windows(2)
            .find(|pair| pair[1] == name)
            .and_then(|pair| pair[0].parse().ok())
            .unwrap_or(0)
    };
    (number("passed"), number("failed"))
}

const MODERN: &str = "\
import { AudioStreamConverter } from \"audio-stream-converter\";
const converter = new AudioStreamConverter();
const codes = Buffer.concat([converter.convertChunk(Buffer.alloc(960)), converter.flush()]);
if (!codes.equals(Buffer.alloc(160, 0xff))) throw new Error(\"silence is not silence\");
";

const CLASSIC: &str = "\
const { g711, Converter } = require(\"audio-stream-converter\");
const codes = new Converter(\"pcm16/8000\", \"mulaw/8000\").process(Int16Array.of(1000));
if (codes[0] !== 0xce || g711.decodeMulaw(codes).readInt16LE() !== 988) throw new Error(\"not G.711\");
";

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn the_last_line_is_counted() {
        let text = "test a ... ok\ntest b ... FAILED\ntest result: FAILED. 83 passed; 2 failed;\n";
        assert_eq!(counts(text), (83, 2));
        assert_eq!(counts("nothing"), (0, 0));
    }
}
