//! Readers of Parquet and JSONL shards into document batches.
