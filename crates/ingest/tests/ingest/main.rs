//! Reading and planning, from files on disk to batches.

mod compression;
mod helpers;
mod json_text;
mod jsonl;
mod kinds;
mod parquet_damage;
mod parquet_read;
mod plan;
mod tar_writers;
mod wanjuan;
mod warc;
mod warc_damage;
mod warc_mutations;
mod warc_real;
mod writers;
