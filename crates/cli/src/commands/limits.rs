//! What was read badly, against what the pipeline file allows.

use textmill_pipeline::RunLimits;
use textmill_store::manifest::RunManifest;

use crate::output;

/// Cut files that are named.
const SHOWN: usize = 20;

/// Whether `run`, which read files of `stored` bytes, is within `limits`. Says what is not, and names the files that are cut in any case.
pub(super) fn hold(run: &RunManifest, stored: u64, limits: &RunLimits) -> bool {
    let missing = run.ledger.missing();
    for cut in missing.cut_files.iter().take(SHOWN) {
        output::warning(&format!(
            "{cut}: the file is cut off, and an unknown number of its documents is missing; fetch it again"
        ));
    }
    let (cut, most) = (missing.cut_files.len() as u64, limits.max_truncated_files);
    if cut > most {
        let more = if cut > SHOWN as u64 { " (the first are named above)" } else { "" };
        output::warning(&format!(
            "{cut} input file(s) are cut off{more}; limits.max_truncated_files allows {most}: exit code 3"
        ));
    }
    let allowed = limits.max_quarantined_ratio;
    let quarantined = run.ledger.quarantined().documents;
    let (read, shards) = (run.ledger.input().documents.max(1), run.unreadable.len());
    let records = quarantined as f64 / read as f64;
    if records > allowed || shards > 0 {
        output::warning(&format!(
            "{quarantined} of {read} records ({:.2} %) and {shards} whole shard(s) are in quarantine; \
             limits.max_quarantined_ratio allows {:.2} % and no shard: exit code 3",
            records * 100.0,
            allowed * 100.0,
        ));
    }
    let bytes = missing.bytes as f64 / stored.max(1) as f64;
    if bytes > allowed {
        output::warning(&format!(
            "{} of {stored} input bytes ({:.2} %) are in damaged parts, which may have held any number of records; \
             limits.max_quarantined_ratio allows {:.2} %: exit code 3",
            missing.bytes,
            bytes * 100.0,
            allowed * 100.0,
        ));
    }
    cut <= most && records <= allowed && shards == 0 && bytes <= allowed
}
