use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;
use textmill_ingest::{
    IngestError, InputConfig, InputPlan, QuarantinedRecord, ReadBatch, ReadOptions, Split, open_split, plan_input,
};
use tokio::runtime::Runtime;

/// A folder of input files.
pub struct Folder {
    pub dir: TempDir,
    runtime: Runtime,
}

/// All that was read of some splits.
#[derive(Debug, Default, PartialEq)]
pub struct Read {
    /// Row number, and the columns as text (`-` is null), of each document.
    pub documents: Vec<(u64, Vec<String>)>,
    pub quarantined: Vec<QuarantinedRecord>,
    /// Number of records of each type that are no documents.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Documents and payload bytes of each batch.
    pub batches: Vec<(usize, u64)>,
    /// Stored bytes in damaged stretches.
    pub lost_bytes: u64,
    /// How files are cut.
    pub cuts: Vec<String>,
}

impl Folder {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self { dir: TempDir::new().expect("a folder"), runtime: runtime.expect("a runtime") }
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    /// A config that reads `pattern` below the folder.
    pub fn config(&self, pattern: &str) -> InputConfig {
        InputConfig::new(vec![self.path(pattern)])
    }

    pub fn plan(&self, config: &InputConfig) -> Result<InputPlan, Vec<IngestError>> {
        self.runtime.block_on(plan_input(config))
    }

    /// The error messages of planning, with the folder's name taken out.
    pub fn plan_errors(&self, config: &InputConfig) -> Vec<String> {
        let errors = self.plan(config).expect_err("the plan must fail");
        let folder = self.path("");
        errors.iter().map(|error| error.to_string().replace(&folder, "")).collect()
    }

    pub fn try_read(&self, splits: &[Split], options: &ReadOptions) -> Result<Read, IngestError> {
        let mut all = Read::default();
        for split in splits {
            for batch in open_split(split, options, self.runtime.handle())? {
                all.add(&batch?);
            }
        }
        Ok(all)
    }

    /// Plans and reads everything.
    pub fn read_with(&self, options: &ReadOptions) -> Read {
        let plan = self.plan(&options.input).expect("a plan");
        self.try_read(&plan.splits, options).expect("readable")
    }

    pub fn read(&self, pattern: &str) -> Read {
        self.read_with(&ReadOptions::new(self.config(pattern)))
    }
}

impl Read {
    fn add(&mut self, batch: &ReadBatch) {
        let documents = &batch.documents;
        let options = FormatOptions::new().with_null("-");
        let columns = documents.records().columns().iter();
        let columns: Vec<_> =
            columns.map(|array| ArrayFormatter::try_new(array, &options).expect("printable")).collect();
        for (row, number) in documents.rows().values().iter().enumerate() {
            self.documents.push((*number, columns.iter().map(|column| column.value(row).to_string()).collect()));
        }
        for (kind, count) in &batch.skipped {
            *self.skipped.entry(kind).or_default() += count.documents;
        }
        self.quarantined.extend(batch.quarantined.iter().cloned());
        self.lost_bytes += batch.lost.bytes;
        self.cuts.extend(batch.lost.cut.clone());
        self.batches.push((documents.num_rows(), documents.payload_bytes().iter().sum()));
    }

    /// The values of column `index`.
    pub fn column(&self, index: usize) -> Vec<&str> {
        self.documents.iter().map(|(_, row)| row[index].as_str()).collect()
    }

    /// Row number and cause of each quarantined record.
    pub fn causes(&self) -> Vec<(u64, &'static str)> {
        self.quarantined.iter().map(|record| (record.row, record.cause.code())).collect()
    }

    /// All row numbers, of documents and quarantined records, sorted.
    pub fn rows(&self) -> Vec<u64> {
        let documents = self.documents.iter().map(|(row, _)| *row);
        let mut rows: Vec<_> = documents.chain(self.quarantined.iter().map(|record| record.row)).collect();
        rows.sort_unstable();
        rows
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).expect("memory")
}

/// `count` records with ids from `first` on.
pub fn lines(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("{{\"id\": \"d{n}\", \"text\": \"document number {n}\"}}\n")).collect()
}

/// A Parquet file with row groups of `group_rows`.
pub fn parquet(batch: &RecordBatch, group_rows: usize) -> Vec<u8> {
    parquet_with(batch, WriterProperties::builder().set_max_row_group_row_count(Some(group_rows)).build())
}

pub fn parquet_with(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("writes");
    writer.close().expect("closes");
    file
}

/// The numbers below `count`, as row numbers.
pub fn all_rows(count: u64) -> Vec<u64> {
    (0..count).collect()
}

/// Whether a file without the bytes `lost` is the same as one without whole records, each of which begins with `marker`:
/// what is left then tells of no loss.
pub fn is_seamless(whole: &[u8], lost: &std::ops::Range<usize>, marker: &[u8]) -> bool {
    let begins = |at: usize| {
        let rest = whole.get(at..).unwrap_or_default().trim_ascii_start();
        rest.is_empty() || rest.starts_with(marker)
    };
    let equal = |one: usize, other: usize| whole.get(one).is_some_and(|byte| whole.get(other) == Some(byte));
    let mut forward = (0..).take_while(|by| *by == 0 || equal(lost.start + by - 1, lost.end + by - 1));
    let mut back = (0..=lost.start).take_while(|by| *by == 0 || equal(lost.start - by, lost.end - by));
    forward.any(|by| begins(lost.start + by) && begins(lost.end + by))
        || back.any(|by| begins(lost.start - by) && begins(lost.end - by))
}
