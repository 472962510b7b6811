use super::*;
use crate::WordSplitter;

const SENTENCE: &str = "The bridge was built by the villagers.";

fn apply(config: &C4Quality, text: &str) -> Verdict {
    let rule = config.build().expect("valid");
    let document = Measures::new(text, WordSplitter::SpacyEn);
    let verdict = rule.apply(&document);
    let dropped = matches!(verdict, Verdict::Drop(_));
    assert_eq!(rule.decide(&document).is_some(), dropped, "both ways decide alike");
    verdict
}

fn kept_lines(config: &C4Quality, line: &str) -> String {
    match apply(&C4Quality { min_sentences: None, ..config.clone() }, line) {
        Verdict::Keep => line.to_owned(),
        Verdict::Rewrite(text) => text,
        Verdict::Drop(finding) => panic!("{finding:?}"),
    }
}

fn reason(text: &str) -> Option<&'static str> {
    match apply(&C4Quality::default(), text) {
        Verdict::Drop(finding) => Some(finding.reason.code),
        _ => None,
    }
}

#[test]
fn five_sentences_are_enough_and_four_are_not() {
    let text = |count: usize| vec![SENTENCE; count].join("\n");
    assert_eq!(apply(&C4Quality::default(), &text(5)), Verdict::Keep);
    assert_eq!(
        apply(&C4Quality::default(), &text(4)),
        Verdict::Drop(Finding { reason: TOO_FEW_SENTENCES, value: 4.0, bound: 5.0 })
    );
    assert_eq!(reason(&format!("{SENTENCE} Two here now. Three. Four. Five.")), None, "several in one line");
    assert_eq!(reason(""), Some("too_few_sentences"));
}

#[test]
fn lines_are_deleted_by_each_check() {
    let config = C4Quality::default();
    for (line, kept) in [
        ("Three words here.", "Three words here."),
        ("Two words.", ""),
        ("No terminal punctuation here", ""),
        ("It goes on and on...", ""),
        ("He said \"it is so\"", "He said \"it is so\""),
        ("Please enable JavaScript in your browser.", ""),
        ("Read our Privacy Policy before use.", ""),
        ("Read our policy on privacy first.", "Read our policy on privacy first."),
        ("  As said before.[3][] It is so.[edit][citation needed]", "As said before. It is so."),
        ("White space before a citation ends no sentence. [3]", ""),
        ("Kept as it [is], and [3a] too.", "Kept as it [is], and [3a] too."),
    ] {
        assert_eq!(kept_lines(&config, line).trim_end(), kept, "{line}");
    }
    let word = |chars: usize| format!("A word of {} characters.", "x".repeat(chars));
    assert_eq!(kept_lines(&config, &word(1000)), word(1000));
    assert_eq!(kept_lines(&config, &word(1001)), "");
    let chinese = format!("字 {} 文.", "字".repeat(1000));
    assert_eq!(kept_lines(&config, &chinese), chinese, "characters count, not bytes");
}

#[test]
fn checks_can_be_switched_off() {
    let config = C4Quality { terminal_punctuation: false, javascript: false, citations: false, ..C4Quality::default() };
    let line = "Uses JavaScript and more [3]";
    assert_eq!(kept_lines(&config, line), line);
}

#[test]
fn placeholders_and_code_drop_the_document_where_their_line_stays() {
    let five = [SENTENCE; 5].join("\n");
    assert_eq!(reason(&format!("{five}\nHere is Lorem Ipsum text.")), Some("lorem_ipsum"));
    assert_eq!(reason(&format!("{five}\nif (x) {{ return it now. }} \"")), Some("curly_bracket"));
    assert_eq!(reason(&format!("{five}\nlorem ipsum {{")), None, "that line is no sentence and goes before");
}
