//! Runs the phases of a pipeline as tasks.
