//! `cargo xtask compare`: the converter beside its rivals, measured in one run.
//!
//! Every rival is a small program that speaks one protocol (`benchmarks/README.md`); this module builds and drives
//! them, measures what comes out with `audio-converter-measure`, and writes `benchmarks/results/`.

mod build;
mod directions;
mod install;
mod latency;
mod machine;
mod options;
mod pesq;
mod plots;
mod program;
mod quality;
mod report;
mod rivals;
mod speed;
mod table;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use options::Options;
use program::Program;
use report::{Entry, Missing, Report};

/// Runs the comparison; `arguments` are those after `compare`.
///
/// # Errors
///
/// When an argument is unknown, nothing at all is installed, or a result cannot be written. A rival that is not
/// installed or fails is only listed.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    compare(arguments).map_err(|error| format!("{error:#}"))
}

fn compare(arguments: &[String]) -> Result<()> {
    let Some(options) = Options::parse(arguments)? else {
        print!("{}", options::HELP);
        return Ok(());
    };
    let places = Places::find()?;
    if options.install {
        return install::install(&places);
    }
    let report = if options.redraw {
        Report::load(&places.figures())?
    } else {
        measure(&places, &options)?
    };
    report.save(&places.figures())?;
    let folder = options
        .output
        .clone()
        .unwrap_or_else(|| places.benchmarks.join("results"));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    plots::draw(&report, &folder)?;
    let page = folder.join("README.md");
    fs::write(&page, table::page(&report))
        .with_context(|| format!("cannot write {}", page.display()))?;
    println!("{}", table::summary(&report));
    println!("written to {}", folder.display());
    Ok(())
}

/// Builds, runs and measures everything that is there.
fn measure(places: &Places, options: &Options) -> Result<Report> {
    let (mut programs, mut missing) = (Vec::new(), Vec::new());
    for rival in rivals::ALL.iter().filter(|rival| options.wants(rival.key)) {
        match build::build(places, rival) {
            Ok(found) => programs.extend(found),
            Err(reason) => missing.push(Missing::new(rival.key, "not installed", &reason)),
        }
    }
    if programs.is_empty() {
        bail!("none of these rivals is installed; `cargo xtask compare --install` installs them");
    }
    let speech = Speech::load(places)?;
    let mut entries: Vec<Entry> = programs.iter().map(Program::entry).collect();
    missing.extend(speed::measure(&programs, &mut entries, &speech, options)?);
    for (program, entry) in programs.iter().zip(&mut entries) {
        eprintln!("measuring {}", entry.label());
        if let Err(reason) = measure_sound(program, entry, &speech, options) {
            missing.push(Missing::new(&entry.label(), "failed", &reason));
        }
    }
    let pesq_ceiling = match pesq::measure(places, &programs, &mut entries, &speech) {
        Ok(ceiling) => Some(ceiling),
        Err(reason) => {
            missing.push(Missing::new("PESQ", "not measured", &reason));
            None
        }
    };
    Ok(Report {
        machine: machine::describe(&options.core),
        date: machine::today(),
        is_quick: options.is_quick,
        rounds: options.rounds,
        entries,
        missing,
        pesq_ceiling,
    })
}

fn measure_sound(
    program: &Program,
    entry: &mut Entry,
    speech: &Speech,
    options: &Options,
) -> Result<()> {
    entry.quality = quality::measure(program, options)?;
    entry.sinad_db = quality::sinad(program)?;
    entry.cuts = Some(quality::cuts(program, &speech.bytes)?);
    if !program.is_whole_file() {
        entry.latency = Some(latency::measure(program, directions::QUALITY[0])?);
        entry.latency_back = Some(latency::measure(program, directions::QUALITY[1])?);
        entry.memory = speed::memory(program, &speech.bytes, options)?;
    }
    Ok(())
}

/// Where things are.
struct Places {
    root: PathBuf,
    benchmarks: PathBuf,
    /// Everything installed or built; ignored by git.
    rivals: PathBuf,
}

impl Places {
    /// Looks upwards from the working directory for the repository.
    fn find() -> Result<Self> {
        let start = std::env::current_dir().context("no working directory")?;
        let root = start
            .ancestors()
            .find(|folder| folder.join("benchmarks/rivals").is_dir());
        let root = root.context("run this inside the repository")?.to_owned();
        let benchmarks = root.join("benchmarks");
        Ok(Self {
            rivals: benchmarks.join(".rivals"),
            benchmarks,
            root,
        })
    }

    /// The measured figures as JSON, so that `--redraw` can lay them out again.
    fn figures(&self) -> PathBuf {
        self.rivals.join("figures.json")
    }

    /// The Python that has the packages, or the system's.
    fn python(&self) -> PathBuf {
        let installed = self.rivals.join("venv/bin/python");
        if installed.exists() {
            installed
        } else {
            PathBuf::from("python3")
        }
    }
}

/// The bundled speech at 24 kHz.
struct Speech {
    /// 16-bit samples, little endian.
    bytes: Vec<u8>,
}

impl Speech {
    fn load(places: &Places) -> Result<Self> {
        let path = places.root.join("examples/data/sample_pcm16_24khz.wav");
        let named = || format!("cannot read {}", path.display());
        let mut file = hound::WavReader::open(&path).with_context(named)?;
        let samples: Vec<i16> = file
            .samples::<i16>()
            .collect::<Result<_, _>>()
            .with_context(named)?;
        Ok(Self {
            bytes: directions::to_bytes(&samples),
        })
    }
}
