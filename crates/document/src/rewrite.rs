use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewArray, StringViewBuilder};
use arrow::compute::interleave;

use crate::{DocumentBatch, DocumentError, columns};

impl DocumentBatch {
    /// These documents with new texts in the column `name`: for each document the new text, or `None` for the one that it
    /// has. Texts that stay are not copied.
    ///
    /// ```
    /// use textmill_document::columns::TEXT;
    /// use textmill_document::testing::text_batch;
    ///
    /// let batch = text_batch(&[Some("one"), None, Some("three")]);
    /// let batch = batch.with_texts(TEXT, [None, None, Some("3")])?;
    /// assert_eq!(batch.text()?.iter().collect::<Vec<_>>(), [Some("one"), None, Some("3")]);
    /// # Ok::<(), textmill_document::DocumentError>(())
    /// ```
    pub fn with_texts<T: AsRef<str>>(
        &self,
        name: &str,
        new: impl IntoIterator<Item = Option<T>>,
    ) -> Result<Self, DocumentError> {
        let texts = rewritten(self.strings(name)?, new)?;
        self.with_column(columns::text_field(name), texts)
    }
}

/// The texts `old` with new ones in some rows: for each row the new text, or `None` for the old one.
pub fn rewritten<T: AsRef<str>>(
    old: &StringViewArray,
    new: impl IntoIterator<Item = Option<T>>,
) -> Result<ArrayRef, DocumentError> {
    let mut changed = StringViewBuilder::new();
    let mut count = 0;

    // Pairs (0, row) take the old text, pairs (1, n) the n-th new one.
    let sources: Vec<(usize, usize)> = (new.into_iter().enumerate())
        .map(|(row, new)| match new {
            None => (0, row),
            Some(text) => {
                changed.append_value(text);
                count += 1;
                (1, count - 1)
            }
        })
        .collect();

    if count == 0 {
        return Ok(Arc::new(old.clone()));
    }
    if count == old.len() {
        return Ok(Arc::new(changed.finish()));
    }
    // Interleaving moves views only, so that the texts that stay are not copied.
    Ok(interleave(&[old, &changed.finish()], &sources)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The naive way.
    fn copied(old: &StringViewArray, new: &[Option<String>]) -> StringViewArray {
        old.iter().zip(new).map(|(old, new)| new.as_deref().or(old)).collect()
    }

    #[test]
    fn any_choice_of_rows_is_as_copying_all() {
        let old: StringViewArray =
            [Some(""), None, Some("short"), Some("a text of more than twelve bytes"), None].into_iter().collect();
        for chosen in 0..1_u32 << old.len() {
            let new: Vec<Option<String>> = (0..old.len())
                .map(|row| (chosen >> row & 1 == 1).then(|| format!("row {row} with more than twelve bytes")))
                .collect();
            let found = rewritten(&old, new.clone()).expect("of one length");
            assert_eq!(found.as_ref(), &copied(&old, &new) as &dyn Array, "{chosen:b}");
        }
    }
}
