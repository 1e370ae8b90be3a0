//! No temporary file stays behind when a signal ends the program.

/// From now on, Ctrl-C and its kin first remove unfinished outputs; then the program ends as it would have, so that the
/// shell sees which signal it was.
#[cfg(unix)]
pub(crate) fn remove_unfinished_files() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // SIGXFSZ tells of a limit on file sizes. Once it is caught, writing fails with an error that can be told.
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ])?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever().filter(|signal| *signal != SIGXFSZ) {
                audio_converter_file::remove_unfinished();
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        })?;
    Ok(())
}

/// Elsewhere the system removes what it can.
#[cfg(not(unix))]
pub(crate) fn remove_unfinished_files() -> std::io::Result<()> {
    Ok(())
}
