use std::fs;
use std::path::Path;

use textmill_document::ByteSize;

use crate::EngineError;

/// What one running task may hold: read-ahead batches, batches inside the stages and the row
/// groups that its writers are filling and encoding. Measured on runs with long documents.
pub const TASK_MEMORY: ByteSize = ByteSize::mib(320);

/// Share of the available memory that a run takes when it is not told: the rest is for the
/// operating system's page cache and for what no budget tracks.
const DEFAULT_SHARE: (u64, u64) = (7, 10);

/// The memory that a run may use, cut into tasks that run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryBudget(ByteSize);

impl MemoryBudget {
    /// The budget asked for, or 70 % of what the host or its control group allows.
    pub fn new(asked: Option<ByteSize>) -> Self {
        let share = |bytes: u64| ByteSize(bytes / DEFAULT_SHARE.1 * DEFAULT_SHARE.0);
        Self(asked.unwrap_or_else(|| share(available_memory())))
    }

    /// The budget in bytes.
    pub fn bytes(self) -> u64 {
        self.0.bytes()
    }

    /// How many tasks may run at once: at most `threads`, and as many as fit the budget.
    pub fn tasks(self, threads: usize) -> Result<usize, EngineError> {
        let fit = usize::try_from(self.bytes() / TASK_MEMORY.bytes()).unwrap_or(usize::MAX);
        if fit == 0 {
            return Err(EngineError::Memory { budget: self.0, needed: TASK_MEMORY });
        }
        Ok(fit.min(threads.max(1)))
    }
}

/// Memory in bytes that this process may use: the smallest of the host's memory and the limits of
/// its control group (version 2 or 1).
pub fn available_memory() -> u64 {
    let host = fs::read_to_string("/proc/meminfo").ok().and_then(|text| mem_total(&text));
    let groups = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limits = groups.iter().filter_map(|path| group_limit(Path::new(path)));
    // A machine that tells nothing gets a budget that every laptop has.
    host.into_iter().chain(limits).min().unwrap_or(ByteSize::mib(4096).bytes())
}

fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}

fn group_limit(path: &Path) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_fit_the_budget_and_a_tiny_budget_is_refused() {
        let budget = |mib| MemoryBudget::new(Some(ByteSize::mib(mib)));
        assert_eq!(budget(320).tasks(8).expect("one fits"), 1);
        assert_eq!(budget(640).tasks(8).expect("two fit"), 2);
        assert_eq!(budget(100_000).tasks(8).expect("all fit"), 8);
        let error = budget(100).tasks(8).expect_err("too small");
        assert_eq!(error.kind(), crate::ErrorKind::Resources);
        assert!(error.to_string().contains("raise --memory"), "{error}");
    }

    #[test]
    fn meminfo_is_read() {
        assert_eq!(mem_total("MemTotal:       24633184 kB\nMemFree: 1 kB\n"), Some(24_633_184 * 1024));
        assert!(available_memory() > 0);
    }
}
