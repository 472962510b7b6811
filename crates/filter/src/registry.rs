//! The closed list of rule families. A new family is one file, and one line at the end of this one.

use arrow::datatypes::Schema as Columns;
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Example, Mode, Reason, StageConfig, columns};

use crate::rule::RuleConfig;
use crate::{FilterStage, Rule, WordSplitter};

/// What the registry knows of a rule family.
#[derive(Debug)]
pub struct RuleEntry {
    /// The rule.
    pub rule: RuleUse,
    /// Its name in `use`, and of the field that overrides its parameters.
    pub name: &'static str,
    /// JSON schema of its parameters; the description is the rule's documentation.
    pub schema: fn() -> Schema,
    /// Every reason for which it can drop a document, in the order of its checks.
    pub reasons: &'static [Reason],
    /// Documents with what becomes of them; their configuration is the parameters of the rule.
    pub examples: &'static [Example],
    /// Whether the configuration has parameters for it.
    configured: fn(&FilterConfig) -> bool,
    /// The rule, with the parameters of the configuration or else the published ones.
    build: fn(&FilterConfig) -> Result<Box<dyn Rule>, ConfigFault>,
}

/// Makes, of one line per rule family, its entry in [`RULES`], its name in `use`, and the field of
/// [`FilterConfig`] that overrides its parameters.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $field:ident: $config:ident,)+) => {
        $(use crate::$field::$config;)+

        /// A rule family to use.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum RuleUse {
            $($(#[doc = $doc])+ $config,)+
        }

        /// Every rule family, in the order in which lists show them.
        pub static RULES: &[RuleEntry] = &[$(
            RuleEntry {
                rule: RuleUse::$config,
                name: stringify!($field),
                schema: || schema_for!($config),
                reasons: <$config as RuleConfig>::REASONS,
                examples: <$config as RuleConfig>::EXAMPLES,
                configured: |config| config.$field.is_some(),
                build: |config| build(stringify!($field), config.$field.as_ref()),
            },
        )+];

        /// The reasons of all rules.
        static REASONS: [Reason; 0 $(+ <$config as RuleConfig>::REASONS.len())+] =
            Reason::join(&[$(<$config as RuleConfig>::REASONS),+]);

        /// Drops documents by published heuristic rules.
        ///
        /// # What it removes
        /// Documents that fail a check of a rule family in `use`. The families check in that order, each
        /// in its own order; the first failed check is the reason, with the measured value and the bound.
        ///
        /// # Why
        /// A large part of any crawl is lists, menus, tables and noise. Cheap counts of words, lines and
        /// symbols find most of it before anything dear looks at the text.
        ///
        /// # Parameters
        /// `mode`, `use`, `words`, and one optional field per rule family: see the table, and
        /// `textmill stages show` with the name of the family.
        ///
        /// # Source
        /// Each family names its own.
        ///
        /// # Cost
        /// What families share (words, lines, symbols) is counted once; see the family.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct FilterConfig {
            /// `decide` drops; `annotate` drops nothing and writes the signals of the rules as number
            /// columns. Default `decide`.
            #[serde(default)]
            pub mode: Mode,
            /// Names of the rule families, in the order in which they decide; at least one, none twice.
            #[serde(rename = "use")]
            #[schemars(length(min = 1))]
            pub use_: Vec<RuleUse>,
            /// What counts as a word. Default `auto`, by language.
            #[serde(default)]
            pub words: WordSplitter,
            $(
                $(#[doc = $doc])+
                ///
                /// Parameters that differ from the published ones; only with the family in `use`.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$config>,
            )+
        }

        impl FilterConfig {
            /// The rule families `rules` with their published parameters.
            pub fn published(rules: Vec<RuleUse>) -> Self {
                Self { mode: Mode::default(), use_: rules, words: WordSplitter::default(), $($field: None,)+ }
            }
        }
    };
}

impl StageConfig for FilterConfig {
    type Stage = FilterStage;

    const NAME: &'static str = "filter";
    const REASONS: &'static [Reason] = &REASONS;
    const EXAMPLES: &'static [Example] = &[
        Example::text(
            r#"{"use": ["gopher_quality"], "gopher_quality": {"min_words": 10}}"#,
            "The bridge over the river was built by the villagers of the valley.",
        )
        .kept(),
        Example::text(r#"{"use": ["gopher_quality"]}"#, "Home | News | Contact")
            .dropped(crate::gopher_quality::TOO_FEW_WORDS)
            .by(3.0, 50.0),
    ];
    const COST: Option<Cost> = Some(Cost::measured(28.9, "scripts/reproduce, wanjuan-cc"));
    // Splits words by it.
    const MAY_READ: &'static [&'static str] = &[columns::LANGUAGE];
    const IS_STEP: bool = true;
    const DIGESTS: &'static str = "list_digests";

    fn build(self, _: Option<&Columns>) -> Result<FilterStage, Vec<ConfigFault>> {
        Ok(FilterStage::new(self)?)
    }
}

impl FilterConfig {
    /// The rules in use, in the order in which they decide.
    pub fn rules(&self) -> Result<Vec<Box<dyn Rule>>, ConfigFault> {
        if self.use_.is_empty() {
            let message = format!("`use` is empty; name at least one rule: {}", names().join(", "));
            return Err(ConfigFault::new("use", message));
        }
        for (index, rule) in self.use_.iter().enumerate() {
            if self.use_.iter().take(index).any(|earlier| earlier == rule) {
                let message = format!("`use` names `{}` twice; remove one", rule.entry().name);
                return Err(ConfigFault::new(format!("use.{index}"), message));
            }
        }
        match RULES.iter().find(|entry| (entry.configured)(self) && !self.use_.contains(&entry.rule)) {
            Some(RuleEntry { name, .. }) => {
                let message = format!("`{name}` has parameters but is not in `use`; add it there or remove them");
                Err(ConfigFault::new(*name, message))
            }
            None => self.use_.iter().map(|rule| (rule.entry().build)(self)).collect(),
        }
    }
}

impl RuleUse {
    /// What the registry knows of the rule.
    ///
    /// # Panics
    /// Never: variants and entries come from the same lines.
    pub fn entry(self) -> &'static RuleEntry {
        RULES.iter().find(|entry| entry.rule == self).expect("each variant has an entry")
    }
}

fn build<T: RuleConfig>(name: &str, config: Option<&T>) -> Result<Box<dyn Rule>, ConfigFault> {
    let built = match config {
        Some(config) => config.build(),
        None => T::default().build(),
    };
    built.map_err(|fault| fault.within(name))
}

/// Names of all rule families.
pub(crate) fn names() -> Vec<&'static str> {
    RULES.iter().map(|entry| entry.name).collect()
}

rules! {
    /// Gopher's quality rules: words, symbols, bullets, ellipses, letters, stop words.
    gopher_quality: GopherQuality,
    /// Gopher's repetition rules: repeated paragraphs, lines and runs of words.
    gopher_repetition: GopherRepetition,
    /// C4's rules: deletes lines that are no text; sentences, code and placeholders decide.
    c4_quality: C4Quality,
    /// `FineWeb`'s quality rules: ends of lines, short and repeated lines, line breaks.
    fineweb_quality: FinewebQuality,
    /// Bounds for single statistics, such as the share of digits.
    statistics: Statistics,
    /// Lists of words, with levels, compounds and exceptions.
    banned_words: BannedWords,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_rules_and_of_the_file_format() {
        for entry in RULES {
            let config = FilterConfig::published(vec![entry.rule]);
            let rules = config.rules().expect("published parameters are valid");
            assert_eq!(rules.iter().map(|rule| rule.name()).collect::<Vec<_>>(), [entry.name]);
            let json = serde_json::to_value(entry.rule).expect("a name");
            assert_eq!(json, entry.name);
            assert_eq!(entry.rule.entry().name, entry.name);
        }
    }

    #[test]
    fn no_rule_fails_on_awkward_texts() {
        let token = "a".repeat(10_000_000);
        let texts = ["", "a", "中", "\n", "\u{0}", " \u{3000} ", "…", "{", "[", "】【", token.as_str()];
        for entry in RULES {
            let rules = FilterConfig::published(vec![entry.rule]).rules().expect("published parameters are valid");
            for (rule, text) in rules.iter().flat_map(|rule| texts.iter().map(move |text| (rule, *text))) {
                for words in [WordSplitter::Auto, WordSplitter::Jieba, WordSplitter::Unicode] {
                    let document = crate::Measures::new(text, words);
                    let dropped = matches!(rule.apply(&document), crate::Verdict::Drop(_));
                    assert_eq!(rule.decide(&document).is_some(), dropped, "{}", entry.name);
                    let signals = rule.measure(&document);
                    assert_eq!(signals.len(), rule.signals().len(), "{}", entry.name);
                    assert!(signals.iter().all(|signal| signal.is_finite()), "{} of {} bytes", entry.name, text.len());
                }
            }
        }
    }

    #[test]
    fn every_example_of_a_rule_is_right() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut wrong = Vec::new();
        for entry in RULES {
            textmill_document::testing::assert_enough(entry.name, entry.reasons, entry.examples);
            for example in entry.examples {
                let config = textmill_document::testing::example_config(example, folder.path());
                let config = serde_json::json!({"use": [entry.name], entry.name: config});
                let config: FilterConfig = serde_json::from_value(config).expect("parameters of the rule");
                let stage = FilterStage::new(config).expect("valid parameters");
                let check = || textmill_document::testing::assert_example(&stage, example);
                let right = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check));
                wrong.extend(right.is_err().then_some((entry.name, example.config)));
            }
        }
        assert!(wrong.is_empty(), "the output above says what is wrong with the examples {wrong:?}");
    }

    #[test]
    fn every_schema_has_the_documentation() {
        let stage = ("filter", schema_for!(FilterConfig));
        for (name, schema) in RULES.iter().map(|entry| (entry.name, (entry.schema)())).chain([stage]) {
            let documentation = schema.get("description").map(ToString::to_string).unwrap_or_default();
            for heading in ["What it removes", "Why", "Parameters", "Source", "Cost"] {
                assert!(documentation.contains(&format!("# {heading}")), "{name} lacks {heading}");
            }
        }
    }

    #[test]
    fn the_list_of_rules_is_checked() {
        let published = FilterConfig::published;
        let gopher = RuleUse::GopherQuality;
        let cases = [
            (published(vec![]), "use"),
            (published(vec![gopher, gopher]), "use.1"),
            (FilterConfig { gopher_quality: Some(GopherQuality::default()), ..published(vec![]) }, "use"),
        ];
        for (config, field) in cases {
            let error = config.rules().expect_err(field);
            assert_eq!(error.field(), Some(field), "{error}");
        }
    }

    #[test]
    fn the_file_form_is_read_strictly() {
        let read = |text: &str| serde_json::from_str::<FilterConfig>(text);
        let config = read(r#"{"use": ["gopher_quality"], "gopher_quality": {"min_words": 10, "max_words": null}}"#)
            .expect("a valid form");
        let gopher = config.gopher_quality.expect("given");
        assert_eq!((gopher.min_words, gopher.max_words), (Some(10), None));
        assert_eq!(gopher.min_stop_words, GopherQuality::default().min_stop_words);
        for bad in ["{}", r#"{"use": ["gopher"]}"#, r#"{"use": [], "gopher_quality": {"min_wrds": 1}}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
