//! What the figures were measured on, and when.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// Labels and values for the page.
pub(super) fn describe(core: &str) -> Vec<(String, String)> {
    let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu_info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let unknown = || "unknown".to_owned();
    let flags = field("flags").unwrap_or_default();
    let level = ["avx512f", "avx2", "avx", "sse4_2"]
        .into_iter()
        .find(|flag| flags.split(' ').any(|f| f == *flag));
    let pinning = if has_taskset() {
        format!("everything on core {core}")
    } else {
        "not pinned".to_owned()
    };
    let numbers =
        [field("cpu family"), field("model\t")].map(|number| number.unwrap_or_else(unknown));
    vec![
        (
            "CPU".to_owned(),
            field("model name").unwrap_or_else(unknown),
        ),
        ("family, model".to_owned(), numbers.join(", ")),
        (
            "virtual machine".to_owned(),
            if flags.contains("hypervisor") {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
        ),
        (
            "clock at the end".to_owned(),
            field("cpu MHz").map_or_else(unknown, |mhz| format!("{mhz} MHz")),
        ),
        (
            "widest vectors".to_owned(),
            level.unwrap_or("unknown").to_owned(),
        ),
        ("pinning".to_owned(), pinning),
        (
            "system".to_owned(),
            // The build's own suffix says nothing about speed.
            first_line("uname", &["-sr"])
                .and_then(|system| system.split('-').next().map(str::to_owned))
                .unwrap_or_else(unknown),
        ),
        (
            "rustc".to_owned(),
            first_line("rustc", &["--version"]).unwrap_or_else(unknown),
        ),
        (
            "C compiler".to_owned(),
            first_line("cc", &["--version"]).unwrap_or_else(unknown),
        ),
        (
            "Node".to_owned(),
            first_line("node", &["--version"]).unwrap_or_else(unknown),
        ),
    ]
}

/// Whether programs can be pinned to a core.
pub(super) fn has_taskset() -> bool {
    static FOUND: LazyLock<bool> = LazyLock::new(|| {
        let mut command = Command::new("taskset");
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    });
    *FOUND
}

/// The last core that this process may use: the first one gets most of the system's own work.
pub(super) fn last_core() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap_or("0");
    list.trim()
        .rsplit([',', '-'])
        .next()
        .unwrap_or("0")
        .to_owned()
}

/// The date in UTC, as 2026-11-22.
pub(super) fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    date(seconds / 86_400)
}

/// The civil date of a day since 1970, counted in years that begin in March, so that a leap day comes last.
fn date(days: u64) -> String {
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (
        day - (153 * month + 2) / 5 + 1,
        if month < 10 { month + 3 } else { month - 9 },
    );
    format!(
        "{}-{month:02}-{day:02}",
        era * 400 + year + u64::from(month <= 2)
    )
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    Some(
        String::from_utf8(output.stdout)
            .ok()?
            .lines()
            .next()?
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_right() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(11_016), "2000-02-29");
        assert_eq!(date(20_779), "2026-11-22");
    }
}
