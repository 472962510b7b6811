use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of a run that the tasks raise and the terminal shows. They are for people: no result
/// depends on them.
#[derive(Debug, Default)]
pub struct Progress {
    documents: AtomicU64,
    bytes: AtomicU64,
    kept: AtomicU64,
    tasks_done: AtomicU64,
    tasks_total: AtomicU64,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Documents and records read.
    pub documents: u64,
    /// Payload bytes read.
    pub bytes: u64,
    /// Documents kept.
    pub kept: u64,
    /// Tasks finished or reused.
    pub tasks_done: u64,
    /// Tasks of the run so far planned.
    pub tasks_total: u64,
}

impl Progress {
    pub(crate) fn add_batch(&self, documents: u64, bytes: u64, kept: u64) {
        self.documents.fetch_add(documents, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.kept.fetch_add(kept, Ordering::Relaxed);
    }

    pub(crate) fn add_tasks(&self, total: u64, done: u64) {
        self.tasks_total.fetch_add(total, Ordering::Relaxed);
        self.tasks_done.fetch_add(done, Ordering::Relaxed);
    }

    pub(crate) fn task_done(&self) {
        self.tasks_done.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            documents: self.documents.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            kept: self.kept.load(Ordering::Relaxed),
            tasks_done: self.tasks_done.load(Ordering::Relaxed),
            tasks_total: self.tasks_total.load(Ordering::Relaxed),
        }
    }
}
