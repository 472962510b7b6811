use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::execution::{SendableRecordBatchStream, TaskContext as PlanContext};
use datafusion::physical_plan::streaming::PartitionStream;

use super::described::{KeyWork, ScanKind};
use super::part_scan::PartScan;
use super::scan::Scan;
use crate::EngineError;

impl KeyWork {
    /// Columns of what is read.
    pub fn schema(&self) -> Result<SchemaRef, EngineError> {
        Ok(Arc::clone(Self { files: Vec::new(), ..self.clone() }.scan(None)?.schema()))
    }

    /// Reads the keys without the documents that are `left_out`. Each file is compared with its digest first.
    pub fn read(&self, left_out: Option<Vec<u8>>) -> Result<SendableRecordBatchStream, EngineError> {
        Ok(self.scan(left_out)?.execute(Arc::new(PlanContext::default())))
    }

    fn scan(&self, left_out: Option<Vec<u8>>) -> Result<Box<dyn PartitionStream>, EngineError> {
        Ok(match self.kind {
            ScanKind::Parts => Box::new(PartScan::described(self)?),
            ScanKind::Columns | ScanKind::Stacked => Box::new(Scan::described(self, left_out)?),
        })
    }
}
