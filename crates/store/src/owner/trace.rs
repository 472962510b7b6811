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
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Files in memory, gone with the next boot. All users may write there, each his own files.
const MEMORY: &str = "/dev/shm";

/// Where the trace of an owner may be on its machine: in memory, or where that cannot be written, in the folder for
/// temporary files.
pub(crate) fn paths(owner_id: &str) -> [PathBuf; 2] {
    let name = format!("textmill-owner-{owner_id}");
    [Path::new(MEMORY).join(&name), std::env::temp_dir().join(&name)]
}

/// Leaves the trace. Where that fails, others on this machine watch the owner for a lease, as those elsewhere do.
pub(super) fn leave(owner_id: &str) {
    for path in paths(owner_id) {
        // Never through a link that lies there.
        let Err(error) = OpenOptions::new().write(true).create_new(true).open(path) else { return };
        tracing::debug!(error = %error, "an owner left no trace in a folder of this machine");
        if error.kind() == ErrorKind::AlreadyExists {
            return;
        }
    }
}

/// Whether the owner began on this machine.
pub(super) fn is_here(owner_id: &str) -> bool {
    let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|found| found.is_file());
    is_name(owner_id) && paths(owner_id).iter().any(is_file)
}

/// Takes away the trace of an owner that is over.
pub(super) fn forget(owner_id: &str) {
    if is_name(owner_id) {
        // Of another user it stays, until the next boot.
        paths(owner_id).iter().for_each(|path| drop(std::fs::remove_file(path)));
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

        let [path, _] = paths(&id);
        std::os::unix::fs::symlink(elsewhere.path(), &path).expect("links");
        leave(&id);
        assert!(!is_here(&id), "a link is no trace");
        forget(&id);
        assert!(elsewhere.path().exists() && path.symlink_metadata().is_err());
    }
}
