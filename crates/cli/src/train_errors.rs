//! What went wrong with a training, in the words of the command line: options are arguments there.

use textmill_fasttext::FastTextError;
use textmill_ngram_lm::LmError;
use textmill_score::ImportanceError;

/// The argument of an option.
fn argument(option: &str) -> String {
    format!("--{}", option.replace('_', "-"))
}

/// `text` with the arguments of `options`, which stand in it in backquotes.
fn with_arguments(text: &str, options: &[&str]) -> String {
    options.iter().fold(text.to_owned(), |text, option| text.replace(&format!("`{option}`"), &argument(option)))
}

pub(crate) fn classifier(error: &FastTextError) -> String {
    match error {
        FastTextError::Option { option, value, allowed } => {
            let allowed = with_arguments(allowed, &["max_n", "dim"]);
            format!("{} is {value}; it must be {allowed}", argument(option))
        }
        FastTextError::BadLabel { label, problem, .. } => format!("the label {label:?} is {problem}"),
        FastTextError::NoLabels => "no text has a label; --label-column names the field that holds it".to_owned(),
        FastTextError::OneLabel(label) => {
            format!("all texts have the same label `{label}`; a classifier needs at least two")
        }
        FastTextError::NoWords => "no word is left; give more texts, or a smaller --min-count".to_owned(),
        FastTextError::Diverged => {
            "the model diverged: its numbers grew without bounds; give a smaller --learning-rate".to_owned()
        }
        FastTextError::TooLarge => {
            "the model is too large; give fewer --buckets, a smaller --dim or a larger --min-count".to_owned()
        }
        FastTextError::FewRows { rows } => format!(
            "the texts have only {rows} different words and n-grams, and a compressed model (.ftz) needs 256; give more \
             texts, or name the model .bin"
        ),
        FastTextError::AllHeldOut { .. } | FastTextError::NothingHeldOut { .. } => {
            with_arguments(&error.to_string(), &["held_out"])
        }
        _ => error.to_string(),
    }
}

pub(crate) fn language_model(error: &LmError) -> String {
    match error {
        LmError::Option { option, value, allowed } => format!("{} is {value}; it must be {allowed}", argument(option)),
        LmError::NothingToTrainOn => "there is nothing to train on: no text has a word".to_owned(),
        LmError::NoDiscount { order } => format!(
            "the texts are too few, or say the same too often, to tell how much rare runs of {order} words should count; \
             give more texts or deduplicate them, take a smaller --order, or train with --discount-fallback, which takes \
             fixed values"
        ),
        _ => error.to_string(),
    }
}

pub(crate) fn importance(error: &ImportanceError) -> String {
    match error {
        ImportanceError::Option { option, value, max } => {
            format!("{} is {value}; it must be from 1 to {max}", argument(option))
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_option_is_named_as_the_program_calls_it() {
        let option = |option| FastTextError::Option { option, value: "100".to_owned(), allowed: "at most 10" };
        let said = [
            classifier(&option("learning_rate")),
            classifier(&FastTextError::NothingHeldOut { examples: 6, share: 0.1 }),
            classifier(&FastTextError::Diverged),
            classifier(&FastTextError::FewRows { rows: 24 }),
            classifier(&FastTextError::NoWords),
            language_model(&LmError::NoDiscount { order: 3 }),
            importance(&ImportanceError::Option { option: "buckets", value: 0, max: 9 }),
        ];
        for said in &said {
            assert!(!said.contains('_') && !said.contains('`'), "{said}");
        }
        assert!(said[0].contains("--learning-rate is 100") && said[1].contains("--held-out"), "{said:?}");
        assert!(said[5].contains("--discount-fallback"));
        let label = FastTextError::OneLabel("max_n".to_owned());
        assert!(classifier(&label).contains("`max_n`"), "a label is no option");
    }
}
