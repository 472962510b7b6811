//! The tests that run the `textmill` binary as people do. One binary, because each would link
//! `DataFusion` again.
//!
//! Tests that need the development data look for it in `$TEXTMILL_DATA` or `../shared/data` and
//! say so when they are skipped. Long tests are ignored; `scripts/test --long` runs them.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#![allow(missing_docs)]

mod canary;
mod fault_proxy;
mod s3_server;
mod util;

mod array;
mod bit_flips;
mod branches;
mod cluster;
mod commands;
mod corpus;
mod dedupe;
mod determinism;
mod examples;
mod extract;
mod full_disk;
mod inputs;
mod jsonl_output;
mod kill;
mod memory;
mod outputs;
mod owner;
mod parquet_types;
mod repeats;
mod resume;
mod s3;
mod s3_canary;
mod s3_faults;
mod score;
mod skeletons;
mod slurm;
mod splits;
mod streams;
mod warc;
