use std::fs;
use std::path::{Path, PathBuf};

use textmill_document::ByteSize;

use crate::EngineError;

/// What one running task may hold: read-ahead batches, batches inside the stages and the row
/// groups that its writers are filling and encoding. Measured on runs with long documents.
pub const TASK_MEMORY: ByteSize = ByteSize::mib(320);

/// What one batch in the stages may hold beyond the first [`FIRST_BATCHES`]: its columns, what the
/// stages made of them and the rows waiting to be written.
const BATCH_MEMORY: ByteSize = ByteSize::mib(24);
/// Batches that [`TASK_MEMORY`] has room for.
const FIRST_BATCHES: usize = 4;

/// What a batch holds for each value beside the documents' text: a view, or what is as wide. An estimate.
const VALUE_BYTES: usize = 16;
/// What a batch may hold beside its text to count as one.
const ONE_BATCH_BYTES: usize = 8 << 20;

/// As how many batches one of so many values counts: tables of thousands of columns hold in their values what others
/// hold in many batches.
pub(crate) fn batches_in(values: usize) -> usize {
    1 + values.saturating_mul(VALUE_BYTES) / ONE_BATCH_BYTES
}

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

    /// How many batches each of `tasks` running tasks may have inside the stages.
    pub fn batches(self, tasks: usize) -> usize {
        let room = (self.bytes() / tasks.max(1) as u64).saturating_sub(TASK_MEMORY.bytes());
        FIRST_BATCHES + usize::try_from(room / BATCH_MEMORY.bytes()).unwrap_or(usize::MAX - FIRST_BATCHES)
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
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits = group_files(&groups).into_iter().filter_map(|path| group_limit(&path));
    // A machine that tells nothing gets a budget that every laptop has.
    host.into_iter().chain(limits).min().unwrap_or(ByteSize::mib(4096).bytes())
}

fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    kib.checked_mul(1024)
}

/// The files with the limits of this process's control group and of all groups around it, in a
/// container's view and in the host's.
fn group_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (root, name) = match fields.next() {
            Some("") => ("/sys/fs/cgroup", "memory.max"),
            Some(controllers) if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = fields.next().unwrap_or("/").trim_start_matches('/');
        files.extend(Path::new(group).ancestors().map(|group| Path::new(root).join(group).join(name)));
    }
    files
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
    fn more_memory_allows_more_batches() {
        let batches = |mib, tasks| MemoryBudget::new(Some(ByteSize::mib(mib))).batches(tasks);
        assert_eq!((batches(320, 1), batches(344, 1), batches(688, 2), batches(688, 1)), (4, 5, 5, 19));
    }

    #[test]
    fn batches_of_very_many_values_count_as_several() {
        for (values, expected) in [(0, 1), (1024 * 8, 1), ((1 << 19) - 1, 1), (1 << 19, 2), (640 * 3000, 4)] {
            assert_eq!(batches_in(values), expected, "{values}");
        }
        assert!(batches_in(usize::MAX) > 1 << 30);
    }

    #[test]
    fn limits_of_all_control_groups_around_count() {
        let files = group_files("0::/user.slice/job.scope\n5:cpu,memory:/docker\n3:pids:/x\n");
        let shown: Vec<_> = files.iter().map(|file| file.to_str().expect("Unicode")).collect();
        let expected = [
            "/sys/fs/cgroup/user.slice/job.scope/memory.max",
            "/sys/fs/cgroup/user.slice/memory.max",
            "/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn meminfo_is_read() {
        assert_eq!(mem_total("MemTotal:       24633184 kB\nMemFree: 1 kB\n"), Some(24_633_184 * 1024));
        assert!(available_memory() > 0);
    }
}
