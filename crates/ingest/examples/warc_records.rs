//! Prints what the reader makes of web archives, for comparison with other readers: a line a
//! document (`document`, URL, HTTP status, declared payload digest, SHA-1 of the body), then the
//! number of records of each type that is no document, and of quarantined records by cause.
//!
//! ```text
//! cargo run --release -p textmill-ingest --example warc_records -- FILE...
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use sha1::{Digest, Sha1};
use textmill_document::{DocumentBatch, columns};
use textmill_ingest::{Format, InputConfig, ReadOptions, open_split, plan_input};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in std::env::args().skip(1) {
        let mut config = InputConfig::new(vec![path]);
        config.format = config.archive().or(Some(Format::Warc));
        config.verify_digests = true;
        let plan = runtime.block_on(plan_input(&config)).map_err(|errors| format!("{errors:?}"))?;
        let options = ReadOptions::new(config);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for split in &plan.splits {
            for batch in open_split(split, &options, runtime.handle())? {
                let batch = batch?;
                print(&batch.documents, &mut out)?;
                for (kind, count) in batch.skipped {
                    *counts.entry(format!("skipped\t{kind}")).or_default() += count.documents;
                }
                for record in batch.quarantined {
                    *counts.entry(format!("quarantined\t{}", record.cause)).or_default() += 1;
                }
            }
        }
        for (what, count) in counts {
            writeln!(out, "{what}\t{count}")?;
        }
    }
    out.flush()?;
    Ok(())
}

fn print(documents: &DocumentBatch, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let (urls, digests) = (documents.strings(columns::URL)?, documents.strings(columns::PAYLOAD_DIGEST)?);
    let statuses =
        documents.column(columns::HTTP_STATUS).ok().and_then(|column| column.as_primitive_opt::<Int64Type>());
    for row in 0..documents.num_rows() {
        let body = match documents.binaries(columns::BODY) {
            Ok(bodies) => bodies.value(row),
            Err(_) => documents.text()?.value(row).as_bytes(),
        };
        let status = statuses.filter(|statuses| statuses.is_valid(row)).map_or(0, |statuses| statuses.value(row));
        let hash: String = Sha1::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "document\t{}\t{status}\t{}\t{hash}", urls.value(row), digests.value(row))?;
    }
    Ok(())
}
