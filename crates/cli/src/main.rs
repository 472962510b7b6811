//! The `textmill` binary.

fn main() -> std::process::ExitCode {
    textmill_cli::main()
}
