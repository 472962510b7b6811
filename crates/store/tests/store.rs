//! The store as its users see it: commits, ownership, files, the writers of data files.

#[path = "suite/commit.rs"]
mod commit;
#[path = "suite/faults.rs"]
mod faults;
#[path = "suite/files.rs"]
mod files;
#[path = "suite/jsonl.rs"]
mod jsonl;
#[path = "suite/members.rs"]
mod members;
#[path = "suite/owner.rs"]
mod owner;
#[path = "suite/util.rs"]
mod util;
#[path = "suite/verify.rs"]
mod verify;
#[path = "suite/writer.rs"]
mod writer;
