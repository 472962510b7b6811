//! Object-store access, the commit protocol, manifests and the deterministic Parquet writer.
