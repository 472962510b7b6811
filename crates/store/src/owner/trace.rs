//! A trace that an owner leaves on its machine, so that the machine is known again.
//!
//! A machine that was copied from a snapshot has the host name, the boot, the namespaces and the process numbers of its
//! original, and of all other copies. What it cannot have is the trace of an owner that began after the snapshot: the
//! trace's name is drawn at random, and it lies in memory of this machine alone. So a process number means something
//! only where the trace is; elsewhere the owner is watched for a lease.
//!
//! A machine that was copied while an owner ran has its trace and its process too. Both copies of that process are the
//! same owner: whoever takes the output from one fences both.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

/// Files in memory, gone with the next boot. All users may write there, each his own files.
const MEMORY: &str = "/dev/shm";

/// Where the trace of an owner is on its machine.
pub(crate) fn path(owner_id: &str) -> PathBuf {
    let memory = Path::new(MEMORY);
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    folder.join(format!("textmill-owner-{owner_id}"))
}

/// Leaves the trace. Where that fails, others on this machine watch the owner for a lease, as those elsewhere do.
pub(super) fn leave(owner_id: &str) {
    // Never through a link that lies there.
    if let Err(error) = OpenOptions::new().write(true).create_new(true).open(path(owner_id)) {
        tracing::debug!(error = %error, "an owner left no trace on this machine");
    }
}

/// Whether the owner began on this machine.
pub(super) fn is_here(owner_id: &str) -> bool {
    is_name(owner_id) && path(owner_id).symlink_metadata().is_ok_and(|found| found.is_file())
}

/// Takes away the trace of an owner that is over.
pub(super) fn forget(owner_id: &str) {
    if is_name(owner_id) {
        // Of another user it stays, until the next boot.
        drop(std::fs::remove_file(path(owner_id)));
    }
}

/// Names come out of files that others write: only what this program gives to owners leads to a file.
fn is_name(owner_id: &str) -> bool {
    uuid::Uuid::try_parse(owner_id).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_come_and_go_and_lead_nowhere_else() {
        let id = uuid::Uuid::new_v4().to_string();
        assert!(!is_here(&id));
        leave(&id);
        leave(&id);
        assert!(is_here(&id));
        forget(&id);
        assert!(!is_here(&id));

        let elsewhere = tempfile::NamedTempFile::new().expect("creates");
        let name = format!("x/../../..{}", elsewhere.path().display());
        assert!(!is_here(&name));
        forget(&name);
        assert!(elsewhere.path().exists());

        std::os::unix::fs::symlink(elsewhere.path(), path(&id)).expect("links");
        leave(&id);
        assert!(!is_here(&id), "a link is no trace");
        forget(&id);
        assert!(elsewhere.path().exists() && path(&id).symlink_metadata().is_err());
    }
}
