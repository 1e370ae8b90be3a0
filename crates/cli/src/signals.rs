//! No temporary file stays behind when a signal ends the program.

/// From now on, Ctrl-C and its kin first remove unfinished outputs; then the program ends as it would have, so that the
/// shell sees which signal it was.
#[cfg(unix)]
pub(crate) fn remove_unfinished_files() -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // SIGXFSZ tells of a limit on file sizes. Once it is caught, writing fails with an error that can be told.
    let ignored = ignored();
    let wanted = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ];
    // What nohup or a shell has us ignore stays ignored.
    let mut signals = Signals::new(
        wanted
            .into_iter()
            .filter(|signal| ignored >> (signal - 1) & 1 == 0),
    )?;
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

/// The signals that this program was started to ignore: bit 0 for signal 1. Only Linux tells without unsafe code.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok())
        .unwrap_or(0)
}

/// Elsewhere the system removes what it can.
#[cfg(not(unix))]
pub(crate) fn remove_unfinished_files() -> std::io::Result<()> {
    Ok(())
}
