use textmill_document::{Dropped, Reason};

use super::{Measured, share};

/// A bound of the gate in front of `llm_web_kit`'s quality model.
#[derive(Debug, Clone, Copy)]
struct GateRule {
    reason: Reason,
    of: fn(&Measured) -> f64,
    bound: f64,
    bad: fn(f64, f64) -> bool,
}

fn at_most(value: f64, bound: f64) -> bool {
    value <= bound
}

fn below(value: f64, bound: f64) -> bool {
    value < bound
}

fn above(value: f64, bound: f64) -> bool {
    value > bound
}

const fn rule(
    code: &'static str,
    summary: &'static str,
    of: fn(&Measured) -> f64,
    bad: fn(f64, f64) -> bool,
    bound: f64,
) -> GateRule {
    GateRule { reason: Reason { code, summary }, of, bound, bad }
}

/// The rules, in order; a text that breaks one has no quality. Source: `quality_model.py` of `llm_web_kit`. Its word lists
/// are not published; ours are [`STOP_WORDS`](super::STOP_WORDS).
const RULES: [GateRule; 8] = [
    rule("no_stop_word", "there is no stop word", |m| m.words.stops as f64, below, 1.0),
    rule("low_entropy", "the characters are hardly different", |m| m.characters.entropy, at_most, 1.0),
    rule("endless_word", "a word is longer than words are", |m| m.words.longest as f64, above, 56.0),
    rule("few_word_characters", "words have too few characters together", |m| m.words.chars as f64, at_most, 30.0),
    rule(
        "short_sentences",
        "sentences have hardly a character",
        |m| share(m.lines.sentence_chars, m.lines.sentences),
        at_most,
        2.0,
    ),
    rule(
        "endless_sentence",
        "a sentence has more bytes than sentences have",
        |m| m.lines.longest_sentence_bytes as f64,
        above,
        480.0,
    ),
    rule("endless_space", "a run of white space is too long", |m| m.characters.longest_space as f64, above, 500.0),
    rule(
        "lost_characters",
        "too many characters are lost (� and □)",
        |m| share(m.characters.lost, m.characters.visible()),
        above,
        0.01,
    ),
];

/// Every reason of the gate.
pub(super) const GATE_REASONS: [Reason; RULES.len()] = {
    let mut reasons = [RULES[0].reason; RULES.len()];
    let mut index = 1;
    while index < RULES.len() {
        reasons[index] = RULES[index].reason;
        index += 1;
    }
    reasons
};

/// The rule that refuses endless words, for the examples.
pub(super) const ENDLESS_WORD: Reason = GATE_REASONS[2];

/// The first rule that the text of `row` breaks.
pub(super) fn judge(row: usize, measured: &Measured) -> Option<Dropped> {
    RULES.iter().find_map(|rule| {
        let value = (rule.of)(measured);
        (rule.bad)(value, rule.bound).then(|| Dropped::measured(row, rule.reason, value, rule.bound))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Needs;
    use super::*;

    fn reason(text: &str) -> Option<&'static str> {
        let needs = Needs { lines: true, words: true, prose: false };
        judge(0, &Measured::of(text, needs)).map(|dropped| dropped.reason.code)
    }

    #[test]
    fn each_rule_drops_beyond_its_bound_and_not_at_it() {
        let good = "The quick brown fox jumps over the lazy dog, and it runs away.";
        assert_eq!(reason(good), None);
        assert_eq!(reason("quick brown fox jumps lazy dog runs slowly today"), Some("no_stop_word"));
        assert_eq!(reason("a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a"), Some("low_entropy"));
        let long = |word: usize, text: &str| format!("{good} {text}{}", "x".repeat(word));
        assert_eq!((reason(&long(56, "")), reason(&long(57, ""))), (None, Some("endless_word")));
        assert_eq!(reason("the cat is on a mat"), Some("few_word_characters"));
        let sentence =
            |bytes: usize| format!("{good}\n{}", "ab the".repeat(100).get(..bytes + bytes / 5).unwrap_or(""));
        assert_eq!((reason(&sentence(400)), reason(&sentence(490))), (None, Some("endless_sentence")));
        let space = |spaces: usize| format!("{}{}.", good.repeat(20), " ".repeat(spaces));
        assert_eq!((reason(&space(500)), reason(&space(501))), (None, Some("endless_space")));
        assert_eq!(reason(&format!("{good} �")), Some("lost_characters"));
        assert_eq!(reason(&format!("{good}{}", " a.".repeat(100))), Some("short_sentences"));
    }
}
