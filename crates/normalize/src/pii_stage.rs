use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, Changes, ColumnRead, ConfigFault, Cost, DocumentBatch, Example, Reason, Stage, StageConfig, StageError,
    columns, rewritten,
};

use crate::pii::{PiiAction, PiiKind, PiiMatch, mask};

/// Column with the number of personal data in the document.
pub const PII_COUNT: &str = "pii_count";
/// Column with the kinds of personal data, a JSON object from kind to number.
pub const PII_KINDS: &str = "pii_kinds";

/// Masks personal data: e-mail addresses, phone numbers, identity and card numbers, public IP
/// addresses, handles of messengers.
///
/// # What it removes
/// No document. What is found in the text is replaced by a tag (`[EMAIL]`, `[PHONE]`, `[ID]`, `[CARD]`,
/// `[IP]`, `[ACCOUNT]`) or a fixed value, or only counted.
///
/// # Why
/// A corpus should carry nobody's number; and models learn to recite what stands in many documents.
///
/// # Parameters
/// `kinds`, `action`, `column`: see below. It always adds `pii_count` and `pii_kinds`. Numbers are checked
/// by number plan, length and checksum, mail hosts by the top-level domains that exist, and Chinese characters beside
/// them are a boundary (`邮箱abc@x.com`). Four-part numbers after `version`, `第`, `§`, the name of a program and the
/// like are no addresses, and `pkg@1.2.3`, `icon@2x.png`, `foo@bar.service` are no mail. Names and postal addresses are
/// not looked for.
///
/// # Source
/// Kinds and forms: the masking operator of Alibaba PAI, `PIIFormatter` of datatrove (`FineWeb`, also the
/// fixed values), `BigScience`'s pipeline (boundaries beside Chinese); GB 11643 for identity numbers,
/// ISO/IEC 7812 for cards, E.164 and the North American Numbering Plan for phones, the Public Suffix List for mail.
///
/// # Cost
/// One pass that stops at digits and `@`, and one for the names of messengers; `scripts/bench/normalize`
/// measures it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MaskPiiConfig {
    /// What is looked for. Default: every kind.
    pub kinds: Vec<PiiKind>,
    /// `mask` by a tag, `replace` by `FineWeb`'s fixed values where it has some, or `count` only. Default `mask`.
    pub action: PiiAction,
    /// Name of the text column. Default `text`.
    #[schemars(length(min = 1))]
    pub column: String,
}

impl Default for MaskPiiConfig {
    fn default() -> Self {
        Self { kinds: PiiKind::ALL.to_vec(), action: PiiAction::Mask, column: columns::TEXT.to_owned() }
    }
}

impl StageConfig for MaskPiiConfig {
    type Stage = MaskPiiStage;

    const NAME: &'static str = "mask_pii";
    const EXAMPLES: &'static [Example] = &[
        Example::text("{}", "第3.1.4章，版本 1.2.3.4，订单20210613800138000").kept(),
        Example::text("{}", "电话13800138000").rewritten("电话[PHONE]"),
        Example::text(r#"{"action": "count"}"#, "Write to jane@museum.org.").kept_with(r#"{"pii_count": 1}"#),
    ];
    const COST: Option<Cost> = Some(Cost::measured(432.0, "scripts/bench/normalize"));

    fn build(self, _: Option<&Schema>) -> Result<MaskPiiStage, Vec<ConfigFault>> {
        Ok(MaskPiiStage::new(self)?)
    }
}

/// The stage `mask_pii`.
#[derive(Debug, Clone)]
pub struct MaskPiiStage {
    config: MaskPiiConfig,
}

impl MaskPiiStage {
    /// The stage as configured.
    pub fn new(config: MaskPiiConfig) -> Result<Self, ConfigFault> {
        if config.column.is_empty() {
            return Err(ConfigFault::new("column", "`column` is empty; name a text column, such as `text`"));
        }
        if config.kinds.is_empty() {
            let message = "`kinds` is empty, so that nothing would be looked for; leave it out for every kind";
            return Err(ConfigFault::new("kinds", message));
        }
        Ok(Self { config })
    }
}

/// Adds the characters of each kind that were masked in one document.
fn count_changes(text: &str, found: &[PiiMatch], changes: &mut Changes) {
    for kind in PiiKind::ALL {
        let hits = found.iter().filter(|hit| hit.kind == kind);
        let characters = hits.map(|hit| text.get(hit.start..hit.end).map_or(0, |hit| hit.chars().count() as u64));
        changes.add(kind.name(), characters.sum());
    }
}

/// A JSON object from kind to number, in the order of [`PiiKind::ALL`]; `None` where there is nothing.
fn kinds(found: &[PiiMatch]) -> Option<String> {
    let count = |kind: PiiKind| found.iter().filter(|hit| hit.kind == kind).count();
    let present = PiiKind::ALL.into_iter().map(|kind| (kind, count(kind))).filter(|(_, count)| *count > 0);
    let parts: Vec<_> = present.map(|(kind, count)| format!("\"{}\":{count}", kind.name())).collect();
    (!parts.is_empty()).then(|| format!("{{{}}}", parts.join(",")))
}

impl Stage for MaskPiiStage {
    fn name(&self) -> &'static str {
        MaskPiiConfig::NAME
    }

    fn version(&self) -> u32 {
        2
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead { name: self.config.column.clone(), data_type: Some(DataType::Utf8View) }]
    }

    fn adds(&self) -> Vec<Field> {
        let text = (self.config.action != PiiAction::Count).then(|| columns::text_field(&self.config.column));
        let counts = [Field::new(PII_COUNT, DataType::Int64, true), columns::text_field(PII_KINDS)];
        text.into_iter().chain(counts).collect()
    }

    fn reasons(&self) -> Vec<Reason> {
        Vec::new()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let texts = batch.strings(&self.config.column)?;
        let masked: Vec<_> =
            texts.iter().map(|text| text.map(|text| mask(text, &self.config.kinds, self.config.action))).collect();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        if self.config.action != PiiAction::Count {
            // A text in which nothing was found is not copied.
            let new =
                masked.iter().map(|row| row.as_ref().filter(|(_, found)| !found.is_empty()).map(|(text, _)| text));
            arrays.push(rewritten(texts, new)?);
        }
        let mut changes = Changes::default();
        if self.config.action != PiiAction::Count {
            for (text, (_, found)) in texts.iter().zip(&masked).filter_map(|(text, row)| Some((text?, row.as_ref()?))) {
                count_changes(text, found, &mut changes);
            }
        }
        let count = |found: &[PiiMatch]| i64::try_from(found.len()).unwrap_or(i64::MAX);
        arrays.push(Arc::new(
            masked.iter().map(|row| row.as_ref().map(|(_, found)| count(found))).collect::<Int64Array>(),
        ));
        arrays.push(Arc::new(
            masked.iter().map(|row| row.as_ref().and_then(|(_, found)| kinds(found))).collect::<StringViewArray>(),
        ));
        let kept = batch.with_columns(self.adds().into_iter().zip(arrays).collect())?;
        Ok(Applied { changes, ..Applied::all(kept) })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn stage(action: PiiAction) -> MaskPiiStage {
        MaskPiiStage::new(MaskPiiConfig { action, ..MaskPiiConfig::default() }).expect("a valid config")
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        for action in [PiiAction::Mask, PiiAction::Replace, PiiAction::Count] {
            assert_stage_compliance(&stage(action));
        }
    }

    #[test]
    fn texts_are_masked_and_kinds_counted() {
        let input = text_batch(&[Some("电话13800138000，13900139000，a@b.com"), Some("nothing"), None]);
        let output = stage(PiiAction::Mask).apply(input.clone()).expect("applies").kept;
        let texts: Vec<_> = output.text().expect("a text column").iter().collect();
        assert_eq!(texts, [Some("电话[PHONE]，[PHONE]，[EMAIL]"), Some("nothing"), None]);
        let changes = stage(PiiAction::Mask).apply(input.clone()).expect("applies").changes;
        assert_eq!((changes.get("cn_mobile").characters, changes.get("email").documents), (22, 1));
        let counts: Vec<_> = output.column(PII_COUNT).expect("added").as_primitive::<Int64Type>().iter().collect();
        assert_eq!(counts, [Some(3), Some(0), None]);
        let kinds: Vec<_> = output.strings(PII_KINDS).expect("added").iter().collect();
        assert_eq!(kinds, [Some("{\"email\":1,\"cn_mobile\":2}"), None, None]);
        let counted = stage(PiiAction::Count).apply(input.clone()).expect("applies").kept;
        assert_eq!(counted.text().expect("a text column"), input.text().expect("a text column"));
    }

    #[test]
    fn bad_configurations_name_their_field() {
        let none = MaskPiiConfig { kinds: Vec::new(), ..MaskPiiConfig::default() };
        assert_eq!(MaskPiiStage::new(none).expect_err("no kinds").field(), Some("kinds"));
        let empty = MaskPiiConfig { column: String::new(), ..MaskPiiConfig::default() };
        assert_eq!(MaskPiiStage::new(empty).expect_err("no column").field(), Some("column"));
    }
}
