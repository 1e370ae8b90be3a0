//! What a process uses, by `/proc`.

use std::fs;
use std::time::Duration;

use serde::Serialize;

/// What a process has used so far.
///
/// ```
/// use phonebox::score::load::{ProcessUse, Reading};
/// use std::time::Duration;
///
/// # if cfg!(target_os = "linux") {
/// let before = Reading::of(std::process::id())?;
/// // … calls …
/// let after = Reading::of(std::process::id())?;
/// let used = ProcessUse::between(before, after, Duration::from_secs(60), 300);
/// assert!(used.core_share >= 0.0);
/// # }
/// # Ok::<(), phonebox::score::load::ProcessError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// Time on a CPU, of all its threads, in steps of 10 ms.
    pub cpu: Duration,
    /// Memory in use, in bytes.
    pub resident: u64,
}

/// Why a process cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// There is no such file; it takes Linux and a process that runs.
    #[error(
        "{path} cannot be read ({source}): give the number of a process that runs on this Linux machine"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not as documented; a process that has ended but is not waited for has no memory.
    #[error("{path} does not tell what the process uses: has it ended?")]
    Unknown {
        /// The file.
        path: String,
    },
}

impl Reading {
    /// Reads what the process with this number has used.
    ///
    /// # Errors
    ///
    /// When the process does not run, or this is no Linux.
    pub fn of(process: u32) -> Result<Self, ProcessError> {
        let read = |name: &str, find: fn(&str) -> Option<u64>| {
            let path = format!("/proc/{process}/{name}");
            match fs::read_to_string(&path) {
                Ok(text) => find(&text).ok_or(ProcessError::Unknown { path }),
                Err(source) => Err(ProcessError::Unreadable { path, source }),
            }
        };
        Ok(Self {
            cpu: Duration::from_millis(read("stat", ticks)?.saturating_mul(10)),
            resident: read("status", resident)?.saturating_mul(1_024),
        })
    }
}

/// What a process used between two readings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProcessUse {
    /// Its part of one core: 1.0 is a whole one.
    pub core_share: f64,
    /// The same for each call.
    pub core_share_per_call: f64,
    /// Memory at the end, in KB of 1 024 bytes.
    pub resident_kb: u64,
    /// What was added for each call, in KB; negative if there was less at the end.
    pub kb_per_call: f64,
}

impl ProcessUse {
    /// From a reading without calls and one with so many, `time` apart.
    #[must_use]
    pub fn between(before: Reading, after: Reading, time: Duration, calls: u64) -> Self {
        let share =
            after.cpu.saturating_sub(before.cpu).as_secs_f64() / time.as_secs_f64().max(1e-9);
        let calls = calls.max(1) as f64;
        Self {
            core_share: share,
            core_share_per_call: share / calls,
            resident_kb: after.resident / 1_024,
            kb_per_call: (after.resident as f64 - before.resident as f64) / 1_024.0 / calls,
        }
    }
}

/// `utime` and `stime` of `/proc/PID/stat` (proc(5)), fields 14 and 15. The name before them may hold anything, even blanks and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    next()?.checked_add(next()?)
}

/// `VmRSS` of `/proc/PID/status`, in KB.
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_an_odd_name() {
        let stat = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 20 0";
        assert_eq!(ticks(stat), Some(300));
        for cut in [
            "",
            "42 (a",
            "42 (a) S 1 2",
            "42 (a) S 1 2 3 4 5 6 7 8 9 10 x 50",
        ] {
            assert_eq!(ticks(cut), None, "{cut}");
        }
        assert_eq!(
            resident("Name:\tx\nVmRSS:\t  1234 kB\nThreads:\t1\n"),
            Some(1_234)
        );
        assert_eq!(resident("Name:\tzombie\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_works_uses_something() {
        let here = std::process::id();
        let before = Reading::of(here).unwrap();
        let mut spent = before;
        let mut value = 1_u64;
        while spent.cpu < before.cpu + Duration::from_millis(30) {
            for n in 0..100_000_u64 {
                value = std::hint::black_box(value.wrapping_mul(31).wrapping_add(n));
            }
            spent = Reading::of(here).unwrap();
        }
        assert!(spent.resident > 100_000);
        let used = ProcessUse::between(before, spent, Duration::from_secs(3), 10);
        assert!(
            used.core_share >= 0.01
                && (used.core_share_per_call * 10.0 - used.core_share).abs() < 1e-9
        );
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        let error = Reading::of(u32::MAX).unwrap_err().to_string();
        assert!(
            error.starts_with("/proc/4294967295/stat cannot be read"),
            "{error}"
        );
    }
}
