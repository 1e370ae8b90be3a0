//! Who takes part.

/// How a rival becomes a program.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `benchmarks/rivals/c/NAME.c` with these libraries.
    C {
        source: &'static str,
        libraries: &'static [&'static str],
    },
    /// A package of the workspace in `benchmarks/rivals/rust`.
    Rust { package: &'static str },
    /// A script in `benchmarks/rivals/python`.
    Python { script: &'static str },
    /// A script in `benchmarks/rivals/node`.
    Node { script: &'static str },
    /// An installed command, which converts whole files only.
    Command { command: Command },
}

/// The commands that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Ffmpeg,
    Sox,
}

/// One rival with all its variants.
#[derive(Debug)]
pub(super) struct Rival {
    /// For `--only`.
    pub(super) key: &'static str,
    pub(super) kind: Kind,
}

/// In the order of the table.
pub(super) const ALL: &[Rival] = &[
    Rival {
        key: "ours",
        kind: Kind::Rust {
            package: "rival-ours",
        },
    },
    Rival {
        key: "soxr",
        kind: Kind::C {
            source: "soxr",
            libraries: &["soxr"],
        },
    },
    Rival {
        key: "swresample",
        kind: Kind::C {
            source: "swresample",
            libraries: &["swresample", "avutil"],
        },
    },
    Rival {
        key: "speexdsp",
        kind: Kind::C {
            source: "speexdsp",
            libraries: &["speexdsp"],
        },
    },
    Rival {
        key: "samplerate",
        kind: Kind::C {
            source: "samplerate",
            libraries: &["samplerate"],
        },
    },
    Rival {
        key: "rubato",
        kind: Kind::Rust {
            package: "rival-rubato",
        },
    },
    Rival {
        key: "ours-python",
        kind: Kind::Python { script: "ours.py" },
    },
    Rival {
        key: "python-soxr",
        kind: Kind::Python {
            script: "soxr_stream.py",
        },
    },
    Rival {
        key: "scipy",
        kind: Kind::Python {
            script: "scipy_poly.py",
        },
    },
    Rival {
        key: "audioop",
        kind: Kind::Python {
            script: "audioop_ratecv.py",
        },
    },
    Rival {
        key: "pyav",
        kind: Kind::Python { script: "pyav.py" },
    },
    Rival {
        key: "ours-node",
        kind: Kind::Node { script: "ours.mjs" },
    },
    Rival {
        key: "node-speex",
        kind: Kind::Node {
            script: "speex_wasm.cjs",
        },
    },
    Rival {
        key: "node-wave",
        kind: Kind::Node { script: "wave.cjs" },
    },
    Rival {
        key: "ffmpeg",
        kind: Kind::Command {
            command: Command::Ffmpeg,
        },
    },
    Rival {
        key: "sox",
        kind: Kind::Command {
            command: Command::Sox,
        },
    },
    Rival {
        key: "naive",
        kind: Kind::Rust {
            package: "rival-naive",
        },
    },
];
