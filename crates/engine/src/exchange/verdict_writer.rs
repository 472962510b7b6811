use std::ops::Range;

use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::writer::{DatasetWriter, WriterOptions};

use super::verdict::{Verdict, VerdictKind};
use crate::{EngineError, layout};

/// Under which names the verdicts of an exchange are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    /// Id of the stage.
    pub stage: &'a str,
    /// Key of the result.
    pub key: &'a str,
    /// This attempt at it; no other has that name.
    pub attempt: &'a str,
}

/// Writes the verdicts of an exchange, a file (or more) for each task; a task without any verdict has none.
pub(crate) struct VerdictWriter<'a> {
    store: &'a Store,
    name: Name<'a>,
    kind: VerdictKind,
    /// Numbers of the documents of each task.
    tasks: &'a [Range<u32>],
    /// The task that is written, and its writer.
    open: Option<(usize, DatasetWriter)>,
    /// Files of the tasks before it.
    written: Vec<Vec<FileEntry>>,
}

impl<'a> VerdictWriter<'a> {
    pub(crate) fn new(store: &'a Store, name: Name<'a>, kind: VerdictKind, tasks: &'a [Range<u32>]) -> Self {
        Self { store, name, kind, tasks, open: None, written: Vec::new() }
    }

    /// Appends verdicts on documents with these numbers: ascending, after all before, and of one task or several. Where
    /// calls are cut changes no byte.
    pub(crate) async fn write(&mut self, mut verdicts: &mut [(u32, Verdict)]) -> Result<(), EngineError> {
        while let Some((first, _)) = verdicts.first() {
            let task = self.tasks.partition_point(|documents| documents.end <= *first);
            let documents = self.tasks.get(task).filter(|documents| documents.contains(first));
            let documents = documents.ok_or_else(|| EngineError::Bug(format!("document {first} is of no task")))?;

            let end = verdicts.partition_point(|(document, _)| *document < documents.end);
            let (of_task, rest) = verdicts.split_at_mut(end);
            of_task.iter_mut().for_each(|(document, _)| *document -= documents.start);
            let rows = self.kind.encode(of_task)?;
            self.writer(task).await?.write(rows).await?;
            verdicts = rest;
        }
        Ok(())
    }

    /// The writer of `task`; that of a task before it is closed.
    async fn writer(&mut self, task: usize) -> Result<&mut DatasetWriter, EngineError> {
        if self.open.as_ref().is_some_and(|(opened, _)| *opened != task) {
            self.close().await?;
        }
        let new = || {
            let prefix = layout::verdicts(self.name.stage, self.name.key, self.name.attempt, task);
            (task, DatasetWriter::new(self.store.clone(), &prefix, WriterOptions::new(self.kind.schema())))
        };
        Ok(&mut self.open.get_or_insert_with(new).1)
    }

    async fn close(&mut self) -> Result<(), EngineError> {
        if let Some((task, writer)) = self.open.take() {
            self.written.resize(task, Vec::new());
            self.written.push(writer.finish().await?);
        }
        Ok(())
    }

    /// The files of each task.
    pub(crate) async fn finish(mut self) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        self.close().await?;
        self.written.resize(self.tasks.len(), Vec::new());
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use textmill_minhash_dedupe::{FirstOccurrence, Repeat};
    use textmill_store::verify::read_parquet;

    use super::*;
    use crate::exchange::verdict::{Membership, Origin};

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(folder.path().to_str().expect("Unicode")).expect("opens")
    }

    async fn read(store: &Store, kind: VerdictKind, files: &[FileEntry]) -> Vec<(u32, Verdict)> {
        let mut verdicts = Vec::new();
        for file in files {
            let mut reader = read_parquet(store, file).await.expect("opens");
            while let Some(rows) = reader.next().await.expect("reads") {
                verdicts.extend(kind.decode(&rows).expect("decodes"));
            }
        }
        verdicts
    }

    fn one_of_each() -> [(VerdictKind, Verdict); 7] {
        let own = Membership {
            removed: true,
            keeper: "文 a".to_owned(),
            keeper_origin: Some(Origin { shard: "b.warc".to_owned(), row: u64::MAX }),
            similarity: Some(0.75),
            size: u64::MAX,
        };
        let first = FirstOccurrence { file: "文.warc".to_owned(), row: u64::MAX, byte: 3 };
        let repeat = Repeat { start: 0, end: u32::MAX, first };
        let earlier = Membership { keeper_origin: None, similarity: None, size: 2, ..own.clone() };
        [
            (VerdictKind::Clustered, Verdict::Clustered(own)),
            (VerdictKind::Clustered, Verdict::Clustered(earlier)),
            (VerdictKind::Clustered, Verdict::Clustered(Membership::default())),
            (VerdictKind::Cut, Verdict::Cut(vec![0, 7, u32::MAX])),
            (VerdictKind::Repeated, Verdict::Repeated(vec![repeat])),
            (VerdictKind::Below, Verdict::Below(Some(-0.5))),
            (VerdictKind::Below, Verdict::Below(None)),
        ]
    }

    #[tokio::test]
    async fn verdicts_of_every_kind_come_back_task_by_task() {
        for (kind, verdict) in one_of_each() {
            let folder = tempfile::tempdir().expect("a folder");
            let store = store(&folder);
            // The first task follows documents of earlier runs; the second has none, the last no verdict.
            let tasks = [2..4, 4..4, 4..9, 9..12, 12..13];
            let name = Name { stage: "near", key: "k", attempt: "00000001-a" };
            let mut writer = VerdictWriter::new(&store, name, kind, &tasks);
            for numbers in [&[3, 4][..], &[], &[8, 9], &[11]] {
                let mut verdicts: Vec<_> = numbers.iter().map(|number| (*number, verdict.clone())).collect();
                writer.write(&mut verdicts).await.expect("writes");
            }
            let files = writer.finish().await.expect("closes");
            assert_eq!(files.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 1, 1, 0]);
            for (files, expected) in files.iter().zip([&[1][..], &[], &[0, 4], &[0, 2], &[]]) {
                let expected: Vec<_> = expected.iter().map(|number| (*number, verdict.clone())).collect();
                assert_eq!(read(&store, kind, files).await, expected);
            }
        }
    }

    #[tokio::test]
    async fn a_document_of_no_task_and_a_verdict_of_another_kind_are_faults() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = store(&folder);
        let tasks = std::array::from_fn::<_, 1, _>(|_| 2..4);
        let name = Name { stage: "near", key: "k", attempt: "00000001-a" };
        for (number, verdict, kind) in [
            (1, Verdict::Below(None), VerdictKind::Below),
            (4, Verdict::Below(None), VerdictKind::Below),
            (2, Verdict::Below(None), VerdictKind::Cut),
            (2, Verdict::Cut(Vec::new()), VerdictKind::Clustered),
        ] {
            let mut writer = VerdictWriter::new(&store, name, kind, &tasks);
            assert!(writer.write(&mut [(number, verdict)]).await.is_err());
        }
    }

    #[test]
    fn rows_of_one_kind_are_no_rows_of_another() {
        let kinds = [VerdictKind::Clustered, VerdictKind::Cut, VerdictKind::Repeated, VerdictKind::Below];
        for kind in kinds {
            let rows = RecordBatch::new_empty(kind.schema());
            let read = kinds.map(|other| other.decode(&rows).is_ok());
            // Parquet gives bytes as views, which these rows have not been through.
            let own = kind != VerdictKind::Cut;
            assert_eq!(read, kinds.map(|other| other == kind && own), "{kind:?}");
        }
    }
}
