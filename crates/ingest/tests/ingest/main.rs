//! Reading and planning, from files on disk to batches.

mod arc;
mod compression;
mod cuts;
mod damage_sweep;
mod helpers;
mod json_odd;
mod json_text;
mod jsonl;
mod kinds;
mod parquet_columns;
mod parquet_damage;
mod parquet_read;
mod plan;
mod tar_writers;
mod wanjuan;
mod warc;
mod warc_damage;
mod warc_mutations;
mod warc_real;
mod warc_splices;
mod writers;
