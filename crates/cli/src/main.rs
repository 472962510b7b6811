//! The `textmill` binary.

/// The stages allocate many small strings on many threads at once, which the system allocator of
/// some distributions serialises.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    textmill_cli::main()
}
