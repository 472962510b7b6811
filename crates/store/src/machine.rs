//! Which machine and process this is, and whether another process of this machine is alive.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A process, told apart from any later one that gets its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Process {
    /// Name of the host.
    pub host: String,
    /// Changes with every boot of the machine; empty where the system has none.
    pub boot_id: String,
    /// The process.
    pub pid: u32,
    /// The namespace in which `pid` counts; empty where the system has none.
    pub pid_namespace: String,
    /// When the process started, in clock ticks since the boot.
    pub pid_start_ticks: u64,
}

impl Process {
    /// This process.
    pub(crate) fn current() -> Self {
        let pid = std::process::id();
        let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        Self {
            host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            boot_id: boot_id.trim().to_owned(),
            pid,
            pid_namespace: namespace.to_string_lossy().into_owned(),
            pid_start_ticks: match look_up(pid) {
                Seen::Running { start_ticks } => start_ticks,
                Seen::Gone | Seen::Hidden => 0,
            },
        }
    }

    /// Whether its number means anything here: same boot of the same machine, same namespace.
    pub(crate) fn is_on_machine_of(&self, other: &Self) -> bool {
        let place = |process: &Self| (process.host.clone(), process.boot_id.clone(), process.pid_namespace.clone());
        !self.boot_id.is_empty() && !self.pid_namespace.is_empty() && place(self) == place(other)
    }

    /// Whether it still runs, if it is a process of this machine. `None` where that cannot be seen: there is a process of
    /// its number, and it may be this one or a later one.
    pub(crate) fn is_alive_here(&self) -> Option<bool> {
        match look_up(self.pid) {
            Seen::Running { start_ticks } => Some(start_ticks == self.pid_start_ticks),
            Seen::Gone => Some(false),
            Seen::Hidden => None,
        }
    }
}

/// What can be seen of a process of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// It runs, since this time in clock ticks since the boot.
    Running { start_ticks: u64 },
    /// There is none of that number, or it only waits to be reaped.
    Gone,
    /// There is one, and `/proc` does not show it: of another user where `/proc` is mounted with `hidepid`, or there is
    /// no `/proc`.
    Hidden,
}

fn look_up(pid: u32) -> Seen {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => running_since(&stat).map_or(Seen::Gone, |start_ticks| Seen::Running { start_ticks }),
        Err(_) if exists(pid) => Seen::Hidden,
        Err(_) => Seen::Gone,
    }
}

/// Start time out of `/proc/<pid>/stat`; `None` for a process that only waits to be reaped.
fn running_since(stat: &str) -> Option<u64> {
    // The command name stands in parentheses and may hold anything; the fields follow the last one.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Whether any process has this number, whoever it belongs to: the system tells "not allowed" from "no such process".
fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// The time by the wall clock, as RFC 3339 in UTC. For people only: nothing depends on it.
pub(crate) fn now_rfc3339() -> String {
    rfc3339(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// Days to date after H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_another_start_is_not_it() {
        let current = Process::current();
        assert!(current.is_on_machine_of(&current.clone()));
        assert_eq!(current.is_alive_here(), Some(true));
        let earlier = Process { pid_start_ticks: current.pid_start_ticks.wrapping_sub(1), ..current.clone() };
        assert_eq!(earlier.is_alive_here(), Some(false));
        let elsewhere = Process { boot_id: "another boot".to_owned(), ..current.clone() };
        assert!(!elsewhere.is_on_machine_of(&current));
    }

    #[test]
    fn a_process_that_waits_to_be_reaped_is_gone() {
        let Ok(mut child) = std::process::Command::new("true").spawn() else { return };
        let pid = child.id();
        let gone = (0..200).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            look_up(pid) == Seen::Gone
        });
        assert!(gone, "a zombie counts as alive");
        child.wait().expect("reaps");
        assert_eq!(look_up(pid), Seen::Gone);
    }

    #[test]
    fn whether_a_number_is_taken_is_told_without_proc() {
        assert!(exists(std::process::id()));
        assert!(exists(1), "a process of another user counts");
        for pid in [0, u32::MAX, i32::MAX.cast_unsigned()] {
            assert!(!exists(pid), "{pid}");
        }
    }

    #[test]
    fn times_are_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
