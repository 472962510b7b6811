//! Writing JSONL shards so that a folder of them is either complete or not there.
//!
//! Shards are written into a folder beside the output, which takes the output's name at the end. A
//! process that is killed leaves only that folder; the next one clears it.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{GatherError, write_error};

pub(super) struct ShardWriter {
    output: PathBuf,
    staging: PathBuf,
    shard_bytes: u64,
    shards: u64,
    current: Option<Shard>,
}

struct Shard {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

impl ShardWriter {
    /// Checks that `output` may be written and makes the folder in which it is prepared.
    pub(super) fn create(output: &Path, shard_bytes: u64, overwrite: bool) -> Result<Self, GatherError> {
        let there = entries(output)?.unwrap_or_default();
        if !there.is_empty() && !overwrite {
            return Err(GatherError::OutputNotEmpty { path: output.to_owned() });
        }
        check_ours(&there)?;
        let staging = staging(output);
        clear(&staging)?;
        fs::create_dir_all(&staging).map_err(write_error(&staging))?;
        Ok(Self { output: output.to_owned(), staging, shard_bytes, shards: 0, current: None })
    }

    /// Writes one line, which must end with a line break, into the current shard.
    pub(super) fn write(&mut self, line: &[u8]) -> Result<(), GatherError> {
        let mut shard = match self.current.take() {
            Some(shard) if shard.bytes < self.shard_bytes => shard,
            full => {
                full.map_or(Ok(()), close)?;
                self.open()?
            }
        };
        shard.file.write_all(line).map_err(write_error(&shard.path))?;
        shard.bytes += line.len() as u64;
        self.current = Some(shard);
        Ok(())
    }

    fn open(&mut self) -> Result<Shard, GatherError> {
        let path = self.staging.join(format!("part-{:05}.jsonl", self.shards));
        self.shards += 1;
        let file = File::create(&path).map_err(write_error(&path))?;
        Ok(Shard { path, file: BufWriter::new(file), bytes: 0 })
    }

    /// Makes the shards the output and returns their number.
    pub(super) fn finish(mut self) -> Result<u64, GatherError> {
        self.current.take().map_or(Ok(()), close)?;
        clear(&self.output)?;
        fs::rename(&self.staging, &self.output).map_err(write_error(&self.output))?;
        Ok(self.shards)
    }

    /// Leaves the output as it was.
    pub(super) fn discard(mut self) -> Result<(), GatherError> {
        self.current = None;
        clear(&self.staging)
    }
}

fn close(mut shard: Shard) -> Result<(), GatherError> {
    shard.file.flush().and_then(|()| shard.file.get_ref().sync_all()).map_err(write_error(&shard.path))
}

/// `data` is prepared in `.data.partial` beside it.
fn staging(output: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(output.file_name().unwrap_or("gather".as_ref()));
    name.push(".partial");
    output.with_file_name(name)
}

/// Removes a folder of shards; refuses where it holds anything else.
fn clear(folder: &Path) -> Result<(), GatherError> {
    let Some(entries) = entries(folder)? else {
        return Ok(());
    };
    check_ours(&entries)?;
    for path in &entries {
        fs::remove_file(path).map_err(write_error(path))?;
    }
    fs::remove_dir(folder).map_err(write_error(folder))
}

fn check_ours(entries: &[PathBuf]) -> Result<(), GatherError> {
    let is_shard = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        let number = name.strip_prefix("part-").and_then(|name| name.strip_suffix(".jsonl"));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) && path.is_file()
    };
    let foreign = entries.iter().find(|path| !is_shard(path));
    foreign.map_or(Ok(()), |path| Err(GatherError::ForeignFile { path: path.clone() }))
}

/// What is in the folder; `None` where there is no folder.
fn entries(folder: &Path) -> Result<Option<Vec<PathBuf>>, GatherError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(write_error(folder)(error)),
    };
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(write_error(folder))?;
    // So that an error names the same file each time.
    paths.sort();
    Ok(Some(paths))
}
