//! A full disk ends the run with the storage exit code and loses nothing.

use std::process::Command;

use crate::util::{Dir, corpus};

struct Tmpfs<'a>(&'a Dir);

impl<'a> Tmpfs<'a> {
    /// Mounts a small tmpfs on `full/`; `None` where this user may not mount.
    fn mount(dir: &'a Dir, size: &str) -> Option<Self> {
        std::fs::create_dir_all(dir.join("full")).expect("a folder");
        let option = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &option, "textmill-test"]).arg(dir.join("full")).output();
        match mounted {
            Ok(ran) if ran.status.success() => Some(Self(dir)),
            _ => {
                eprintln!("SKIPPED full_disk: this user may not mount a tmpfs");
                None
            }
        }
    }

    fn grow(&self, size: &str) {
        let option = format!("remount,size={size}");
        let ran = Command::new("mount").args(["-o", &option]).arg(self.0.join("full")).status().expect("mount starts");
        assert!(ran.success());
    }
}

impl Drop for Tmpfs<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.0.join("full")).status());
    }
}

#[test]
fn a_full_disk_is_exit_5_naming_path_and_bytes_and_resumes() {
    let dir = corpus(16, 300);
    dir.ok(&["run", "pipeline.yaml", "--output", "reference"]);
    let Some(disk) = Tmpfs::mount(&dir, "300k") else { return };
    let ran = dir.run(&["run", "pipeline.yaml", "--output", "full/out"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("full/out") && ran.stderr.contains("free"), "{}", ran.stderr);
    // The file of the run, not the sign-off that fails after it.
    let named = ran.stderr.contains("/staging/") || ran.stderr.contains("/tasks/");
    assert!(named && ran.stderr.contains("bytes wanted"), "{}", ran.stderr);
    assert!(!dir.join("full/out/_textmill/run.json").exists());
    let verified = dir.run(&["verify", "full/out"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    disk.grow("64m");
    dir.ok(&["run", "pipeline.yaml", "--output", "full/out"]);
    assert_eq!(dir.digest("full/out"), dir.digest("reference"));
}
