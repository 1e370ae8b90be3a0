//! `cargo xtask python`: the Python package, built, installed and tested as its users get it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::step::{CLI, command_line_tool, failure, quiet, renew};
use crate::tally::Tally;

/// Builds wheel and sdist, installs both, and tests.
///
/// # Errors
///
/// When a step fails.
pub(crate) fn run() -> Result<(), String> {
    let mut tally = Tally::default();
    check(&mut tally);
    tally.finish()
}

/// All checks of the Python package and the examples in Python.
pub(crate) fn check(tally: &mut Tally) {
    if let Err(error) = Package::check(tally) {
        println!("{error}");
        tally.count("the Python package", 0, 1);
    }
}

/// The package and the places where it is built.
struct Package {
    root: PathBuf,
    /// `bindings/python`.
    source: PathBuf,
    /// `target/python`, for all that is built here.
    target: PathBuf,
    /// The virtual environment with the tools and all the packages that ours is tested with.
    tools: Environment,
}

impl Package {
    fn check(tally: &mut Tally) -> Result<(), String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("");
        let source = root.join("bindings/python");
        let target = root.join("target/python");
        let tools = Environment::with_requirements(
            target.join("tools"),
            &source.join("requirements-dev.txt"),
        )?;
        let package = Self {
            root,
            source,
            target,
            tools,
        };
        let (wheel, sdist) = package.build()?;
        package.install_wheel(tally, &wheel)?;
        package.install_sdist(tally, &sdist)?;
        package.lint(tally);
        package.test(tally, &command_line_tool()?);
        Ok(())
    }

    /// The wheel and the sdist, in an empty folder.
    fn build(&self) -> Result<(PathBuf, PathBuf), String> {
        let folder = self.target.join("dist");
        renew(&folder)?;
        for form in ["build", "sdist"] {
            let mut maturin = self.tools.command("maturin");
            maturin.arg(form).arg("--out").arg(&folder);
            if form == "build" {
                maturin.args(["--release", "--locked"]);
            }
            quiet(maturin.current_dir(&self.source))?;
        }
        let find = |ending: &str| {
            let files = fs::read_dir(&folder).map_err(|error| failure(&folder, &error))?;
            files
                .filter_map(Result::ok)
                .map(|entry| entry.path())
                .find(|path| path.to_string_lossy().ends_with(ending))
                .ok_or_else(|| format!("no *{ending} in {}", folder.display()))
        };
        let (wheel, sdist) = (find(".whl")?, find(".tar.gz")?);
        for file in [&wheel, &sdist] {
            let bytes = fs::metadata(file).map_or(0, |metadata| metadata.len());
            println!("{}: {bytes} bytes", file.display());
        }
        Ok((wheel, sdist))
    }

    /// The wheel in an environment with nothing else: it needs no other package. Then beside the packages that it is tested with.
    fn install_wheel(&self, tally: &mut Tally, wheel: &Path) -> Result<(), String> {
        let fresh = Environment::new(self.target.join("fresh"))?;
        let mut pip = fresh.pip(["--no-index"]);
        tally.check("the wheel in a fresh environment", pip.arg(wheel));
        tally.check(
            "a conversion with nothing else installed",
            fresh.command("python").args(["-c", SMOKE_TEST]),
        );
        tally.check(
            "the console script",
            fresh
                .command("audio-stream-converter")
                .arg("--version")
                .stdout(Stdio::null()),
        );
        let mut pip = self.tools.pip(["--no-deps", "--force-reinstall"]);
        quiet(pip.arg(wheel))
    }

    /// The sdist: all that is needed to build is in it.
    fn install_sdist(&self, tally: &mut Tally, sdist: &Path) -> Result<(), String> {
        let environment = Environment::new(self.target.join("from-sdist"))?;
        let mut pip = environment.pip(["--no-deps"]);
        // What the wheel compiled of other people's need not be compiled again.
        pip.arg(sdist)
            .env("CARGO_TARGET_DIR", self.root.join("target"));
        tally.check("the sdist builds and installs", &mut pip);
        tally.check(
            "a conversion with what the sdist built",
            environment.command("python").args(["-c", SMOKE_TEST]),
        );
        Ok(())
    }

    fn lint(&self, tally: &mut Tally) {
        let settings = self.source.join("pyproject.toml");
        let folders = ["bindings/python", "examples/python", "benchmarks/python"];
        for (name, arguments) in [
            ("python's formatting", &["format", "--check"][..]),
            ("python's lints", &["check"]),
        ] {
            let mut ruff = self.tools.command("ruff");
            ruff.args(arguments)
                .arg("--quiet")
                .arg("--config")
                .arg(&settings);
            tally.check(name, ruff.args(folders).current_dir(&self.root));
        }
        let mypy = |arguments: &[&str]| {
            let mut mypy = self.tools.command("python");
            mypy.arg("-m").args(arguments).current_dir(&self.target);
            mypy
        };
        let settings = settings.to_string_lossy();
        let package = [
            "mypy",
            "--config-file",
            &settings,
            "--package",
            "audio_converter",
        ];
        tally.check("python's types", &mut mypy(&package));
        // The test folders have modules of the same names, so each folder is a program of its own.
        for folder in ["examples/python", "benchmarks/python"] {
            let folder = self.root.join(folder);
            let mut scripts = mypy(&["mypy", "--config-file", &settings, "--exclude", "tests/"]);
            tally.check("python's types in scripts", scripts.arg(folder));
        }
        let stubs = [
            "mypy.stubtest",
            "audio_converter._native",
            "--mypy-config-file",
            &settings,
        ];
        tally.check("the stubs say what the module has", &mut mypy(&stubs));
    }

    fn test(&self, tally: &mut Tally, tool: &Path) {
        for (name, folder) in [
            ("python's tests", "bindings/python"),
            ("python's examples", "examples/python"),
        ] {
            let mut pytest = self.tools.command("python");
            let settings = self.source.join("pyproject.toml");
            pytest
                .args(["-m", "pytest", "--color=no", "-p", "no:cacheprovider", "-c"])
                .arg(&settings)
                .arg(self.root.join(folder).join("tests"))
                .env(CLI, tool)
                .current_dir(&self.target);
            tally.tests(name, &mut pytest, counts);
        }
        let mut benchmark = self.tools.command("python");
        benchmark
            .arg(self.root.join("benchmarks/python/benchmark.py"))
            .args(["--duration", "1", "--repeats", "1"])
            .current_dir(&self.target)
            .stdout(Stdio::null());
        tally.check("python's benchmark runs", &mut benchmark);
    }
}

/// A virtual environment.
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// A new one, in place of what stands there.
    fn new(folder: PathBuf) -> Result<Self, String> {
        let mut python = Command::new("python3");
        quiet(python.args(["-m", "venv", "--clear"]).arg(&folder)).map_err(|error| {
            format!("{error}\nthe Python package needs Python 3.11 or newer with venv (Debian: apt install python3-venv)")
        })?;
        Ok(Self(folder))
    }

    /// One with these packages; kept until the list changes.
    pub(crate) fn with_requirements(folder: PathBuf, requirements: &Path) -> Result<Self, String> {
        let wanted =
            fs::read_to_string(requirements).map_err(|error| failure(requirements, &error))?;
        let stamp = folder.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Self(folder));
        }
        println!("== python's tools: {}", requirements.display());
        let environment = Self::new(folder)?;
        quiet(environment.pip(["--requirement"]).arg(requirements))?;
        fs::write(&stamp, wanted).map_err(|error| failure(&stamp, &error))?;
        Ok(environment)
    }

    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let folder = if cfg!(windows) { "Scripts" } else { "bin" };
        let mut command = Command::new(self.0.join(folder).join(program));
        command
            .env("VIRTUAL_ENV", &self.0)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PYTHONPATH");
        command
    }

    fn pip<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut pip = self.command("python");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(arguments);
        pip
    }
}

/// The numbers of pytest's last line, `1 failed, 231 passed in 4.93s`. What was skipped lacked something that is installed here.
fn counts(text: &str) -> (usize, usize) {
    let last = text.lines().rev().find(|line| line.contains(" in "));
    let words: Vec<&str> = last.unwrap_or_default().split([' ', ',']).collect();
    let number = |names: &[&str]| -> usize {
        words
            .windows(2)
            .filter(|pair| names.contains(&pair[1]))
            .filter_map(|pair| pair[0].parse::<usize>().ok())
            .sum()
    };
    (
        number(&["passed"]),
        number(&["failed", "error", "errors", "skipped"]),
    )
}

const SMOKE_TEST: &str = "\
from audio_converter import AudioStreamConverter
converter = AudioStreamConverter()
assert converter.convert_chunk(bytes(960)) + converter.flush() == b'\\xff' * 160";

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn the_last_line_is_counted() {
        let text = "....F [100%]\nFAILED in.py::test\n1 failed, 231 passed, 1 skipped, 2 errors in 4.93s\n";
        assert_eq!(counts(text), (231, 4));
        assert_eq!(counts("12 passed in 0.1s\n"), (12, 0));
        assert_eq!(counts("no tests ran in 0.1s\n"), (0, 0));
    }
}
