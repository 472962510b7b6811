//! Keeps the system allocator from hoarding memory.
//!
//! A run fills buffers of megabytes on one thread and frees them on another. glibc raises the size
//! from which it maps buffers one by one each time such a buffer is freed, until they all come from
//! its heap, which then fragments: joining 1.2 GB of output took 270 to 300 MiB, growing with the
//! input, against a steady 180 MiB and the same CPU time with a fixed size. The size can be fixed
//! without unsafe code only from the environment of a new process, so the program replaces itself
//! once at the start. The number of heaps is bounded for the same reason: glibc opens up to eight for
//! each core, and each fills to its own high mark. One for each core leaves threads as few waits.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn fix_thresholds() {
    use std::os::unix::process::CommandExt;

    /// Buffers from this size on are mapped one by one and returned when they are freed. 256 KiB.
    const MMAP_THRESHOLD: (&str, &str) = ("MALLOC_MMAP_THRESHOLD_", "262144");
    /// Free memory at the end of each thread's heap that is kept. 1 MiB.
    const TRIM_THRESHOLD: (&str, &str) = ("MALLOC_TRIM_THRESHOLD_", "1048576");

    const HEAPS: &str = "MALLOC_ARENA_MAX";

    if std::env::var_os(MMAP_THRESHOLD.0).is_some() {
        return;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let heaps = std::env::var(HEAPS).unwrap_or_else(|_| cores.max(2).to_string());
    let (Ok(program), mut args) = (std::env::current_exe(), std::env::args_os()) else { return };
    let mut command = std::process::Command::new(program);
    if let Some(name) = args.next() {
        command.arg0(name);
    }
    // It only returns where it failed; then the run needs more memory and is right all the same.
    drop(command.args(args).envs([MMAP_THRESHOLD, TRIM_THRESHOLD, (HEAPS, heaps.as_str())]).exec());
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn fix_thresholds() {}
