//! What an exchange decides of a document, and how that is written to files and read from them.
//!
//! 1. An exchange decides one kind of thing ([`VerdictKind`]), and says which: no file is looked at to find out.
//! 2. A file has the verdicts of one task, in the order of its documents, each with the number of its document among those
//!    that the task handed over. Documents without a verdict go on as they are.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, Float64Array, RecordBatch, StringViewArray, UInt32Array,
    UInt64Array,
};
use arrow::datatypes::{DataType, Field, Float64Type, Schema, SchemaRef, UInt32Type, UInt64Type};
use textmill_document::columns;
use textmill_minhash_dedupe::Repeat;

use crate::EngineError;

/// What an exchange decided of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// It is in a cluster of duplicates, and may be the one that stays.
    Clustered(Membership),
    /// These parts are cut out of its text: their numbers, ascending.
    Cut(Vec<u32>),
    /// These repeats are cut out of its text, ascending.
    Repeated(Vec<Repeat>),
    /// It is dropped, because it is below what is kept: the lowest value that is, where there is one.
    Below(Option<f64>),
}

/// The place of a document in a cluster of duplicates.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Membership {
    /// Whether another document stays in its place.
    pub removed: bool,
    /// Id of the document that stays.
    pub keeper: String,
    /// Where that is from; none where it is of an earlier run.
    pub keeper_origin: Option<Origin>,
    /// Estimated similarity to it, from 0 to 1.
    pub similarity: Option<f64>,
    /// Documents in the cluster.
    pub size: u64,
}

/// Where a document is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Name of the shard.
    pub shard: String,
    /// Number of its row there.
    pub row: u64,
}

/// Which variant of [`Verdict`] an exchange decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VerdictKind {
    /// [`Verdict::Clustered`].
    Clustered,
    /// [`Verdict::Cut`].
    Cut,
    /// [`Verdict::Repeated`].
    Repeated,
    /// [`Verdict::Below`].
    Below,
}

impl VerdictKind {
    /// Columns of a file of verdicts. The first is the number of the document.
    pub(crate) fn schema(self) -> SchemaRef {
        let mut fields = vec![Field::new("document", DataType::UInt32, false)];
        fields.extend(match self {
            Self::Clustered => vec![
                Field::new("removed", DataType::Boolean, false),
                columns::text_field("keeper_id"),
                Field::new("similarity", DataType::Float64, true),
                Field::new("cluster_size", DataType::UInt64, false),
                columns::text_field("keeper_shard"),
                Field::new("keeper_row", DataType::UInt64, true),
            ],
            Self::Cut => vec![Field::new("parts", DataType::Binary, false)],
            Self::Repeated => vec![columns::text_field("repeats")],
            Self::Below => vec![Field::new("bound", DataType::Float64, true)],
        });
        Arc::new(Schema::new(fields))
    }

    /// `verdicts`, each with the number of its document, as rows of a file.
    pub(crate) fn encode(self, verdicts: &[(u32, Verdict)]) -> Result<RecordBatch, EngineError> {
        let documents = UInt32Array::from_iter_values(verdicts.iter().map(|(document, _)| *document));
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(documents)];
        let columns = match self {
            Self::Clustered => all(verdicts, Verdict::membership).map(|members| membership_columns(&members)),
            Self::Cut => all(verdicts, Verdict::parts).map(|parts| vec![parts_column(&parts)]),
            Self::Repeated => match all(verdicts, Verdict::repeats) {
                Some(repeats) => Some(vec![repeats_column(&repeats)?]),
                None => None,
            },
            Self::Below => {
                let bounds = all(verdicts, Verdict::bound);
                bounds.map(|bounds| vec![Arc::new(Float64Array::from(bounds)) as ArrayRef])
            }
        };
        arrays.extend(columns.ok_or_else(|| EngineError::Bug(format!("a verdict is not of kind {self:?}")))?);
        RecordBatch::try_new(self.schema(), arrays).map_err(|error| EngineError::Bug(format!("verdicts: {error}")))
    }

    /// The verdicts in rows of a file, each with the number of its document.
    pub(crate) fn decode(self, rows: &RecordBatch) -> Result<Vec<(u32, Verdict)>, EngineError> {
        let decoded = self.decoded(rows);
        decoded.ok_or_else(|| EngineError::Bug("verdicts have other columns than were written".to_owned()))
    }

    fn decoded(self, rows: &RecordBatch) -> Option<Vec<(u32, Verdict)>> {
        let (documents, columns) = rows.columns().split_first()?;
        let documents = documents.as_primitive_opt::<UInt32Type>()?.values();
        let verdicts: Vec<Verdict> = match (self, columns) {
            (Self::Clustered, columns) => memberships(columns)?.into_iter().map(Verdict::Clustered).collect(),
            (Self::Cut, [parts]) => {
                let parts = parts.as_binary_view_opt()?;
                parts.iter().map(|parts| Verdict::Cut(numbers(parts.unwrap_or_default()))).collect()
            }
            (Self::Repeated, [repeats]) => {
                let repeats = repeats.as_string_view_opt()?.iter();
                let read = |repeats: Option<&str>| serde_json::from_str(repeats?).ok().map(Verdict::Repeated);
                repeats.map(read).collect::<Option<_>>()?
            }
            (Self::Below, [bounds]) => bounds.as_primitive_opt::<Float64Type>()?.iter().map(Verdict::Below).collect(),
            (Self::Cut | Self::Repeated | Self::Below, _) => return None,
        };
        Some(documents.iter().copied().zip(verdicts).collect())
    }
}

impl Verdict {
    fn membership(&self) -> Option<&Membership> {
        if let Self::Clustered(membership) = self { Some(membership) } else { None }
    }

    fn parts(&self) -> Option<&[u32]> {
        if let Self::Cut(parts) = self { Some(parts) } else { None }
    }

    fn repeats(&self) -> Option<&[Repeat]> {
        if let Self::Repeated(repeats) = self { Some(repeats) } else { None }
    }

    #[allow(clippy::option_option, reason = "a bound that there is none of is not a verdict of another kind")]
    fn bound(&self) -> Option<Option<f64>> {
        if let Self::Below(bound) = self { Some(*bound) } else { None }
    }
}

/// What `of` finds in each verdict; none where one is of another kind.
fn all<'a, T>(verdicts: &'a [(u32, Verdict)], of: impl Fn(&'a Verdict) -> Option<T>) -> Option<Vec<T>> {
    verdicts.iter().map(|(_, verdict)| of(verdict)).collect()
}

fn membership_columns(members: &[&Membership]) -> Vec<ArrayRef> {
    let origins = || members.iter().map(|member| member.keeper_origin.as_ref());
    vec![
        Arc::new(members.iter().map(|member| Some(member.removed)).collect::<BooleanArray>()),
        Arc::new(members.iter().map(|member| Some(member.keeper.as_str())).collect::<StringViewArray>()),
        Arc::new(members.iter().map(|member| member.similarity).collect::<Float64Array>()),
        Arc::new(UInt64Array::from_iter_values(members.iter().map(|member| member.size))),
        Arc::new(origins().map(|origin| Some(origin?.shard.as_str())).collect::<StringViewArray>()),
        Arc::new(origins().map(|origin| Some(origin?.row)).collect::<UInt64Array>()),
    ]
}

fn memberships(columns: &[ArrayRef]) -> Option<Vec<Membership>> {
    let [removed, keeper, similarity, size, shard, row] = columns else { return None };
    let (removed, keeper) = (removed.as_boolean_opt()?, keeper.as_string_view_opt()?);
    let (similarity, size) = (similarity.as_primitive_opt::<Float64Type>()?, size.as_primitive_opt::<UInt64Type>()?);
    let (shard, row) = (shard.as_string_view_opt()?, row.as_primitive_opt::<UInt64Type>()?);

    let member = |at: usize| Membership {
        removed: removed.value(at),
        keeper: keeper.value(at).to_owned(),
        keeper_origin: row.is_valid(at).then(|| Origin { shard: shard.value(at).to_owned(), row: row.value(at) }),
        similarity: similarity.is_valid(at).then(|| similarity.value(at)),
        size: size.value(at),
    };
    Some((0..removed.len()).map(member).collect())
}

/// Repeats as JSON: they name files, and there are few of them.
fn repeats_column(all: &[&[Repeat]]) -> Result<ArrayRef, EngineError> {
    let texts = all.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
    let texts = texts.map_err(|error| EngineError::Bug(format!("repeats: {error}")))?;
    Ok(Arc::new(StringViewArray::from_iter_values(texts)))
}

/// Numbers of parts, four bytes each, the lowest first.
fn parts_column(all: &[&[u32]]) -> ArrayRef {
    let mut column = BinaryBuilder::new();
    let mut bytes = Vec::new();
    for parts in all {
        bytes.clear();
        parts.iter().for_each(|part| bytes.extend_from_slice(&part.to_le_bytes()));
        column.append_value(&bytes);
    }
    Arc::new(column.finish())
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
}
