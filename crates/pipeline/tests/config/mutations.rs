//! A good file that was edited by accident gives errors, or still works, but never a panic.

use proptest::prelude::*;

const GOOD: &str = include_str!("../../../../configs/gopher-en.yaml");

/// Pieces that users and editors leave behind.
const PIECES: &[&str] = &[
    "",
    "\t",
    "  ",
    "-",
    "- ",
    ":",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "*x",
    "&x ",
    "<<: *x",
    "!!int ",
    "|",
    ">",
    "null",
    "~",
    "true",
    "no",
    ".nan",
    "1e999",
    "0x",
    "-1",
    "99999999999999999999",
    "中文",
    "\u{1b}",
    "\u{feff}",
    "é\u{301}",
    "---",
    "...",
    "%YAML 1.1",
    "keep_where",
    "normalize",
    "input",
    "random()",
    "(SELECT 1)",
    "''",
    "\"en\"",
    "version",
    "id",
    "inputs: [rules]",
    "run: {}",
    "#",
];

#[derive(Debug, Clone)]
enum Edit {
    DeleteLine(usize),
    DoubleLine(usize),
    SwapLines(usize, usize),
    Indent(usize, usize),
    ReplaceWord(usize, usize, &'static str),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let line = || 0..64_usize;
    let piece = prop::sample::select(PIECES);
    prop_oneof![
        line().prop_map(Edit::DeleteLine),
        line().prop_map(Edit::DoubleLine),
        (line(), line()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        (line(), 0..9_usize).prop_map(|(at, by)| Edit::Indent(at, by)),
        (line(), 0..8_usize, piece).prop_map(|(at, word, piece)| Edit::ReplaceWord(at, word, piece)),
        (0..3000_usize).prop_map(Edit::Cut),
    ]
}

fn apply(text: &str, edit: &Edit) -> String {
    let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
    let count = lines.len().max(1);
    match *edit {
        _ if lines.is_empty() => {}
        Edit::DeleteLine(at) => drop(lines.remove(at % count)),
        Edit::DoubleLine(at) => lines.insert(at % count, lines[at % count].clone()),
        Edit::SwapLines(a, b) => lines.swap(a % count, b % count),
        Edit::Indent(at, by) => lines[at % count] = format!("{}{}", " ".repeat(by), lines[at % count].trim_start()),
        Edit::ReplaceWord(at, word, piece) => {
            let line = &lines[at % count];
            let indent = line.len() - line.trim_start().len();
            let mut words: Vec<&str> = line.split_whitespace().collect();
            if !words.is_empty() {
                let position = word % words.len();
                words[position] = piece;
            }
            lines[at % count] = format!("{}{}", " ".repeat(indent), words.join(" "));
        }
        Edit::Cut(at) => return text.chars().take(at).collect(),
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn edited_files_never_panic(edits in prop::collection::vec(edit(), 1..6)) {
        let text = edits.iter().fold(GOOD.to_owned(), |text, edit| apply(&text, edit));
        if let Err(errors) = textmill_pipeline::parse("edited.yaml", &text) {
            prop_assert!(!errors.errors.is_empty());
            prop_assert!(errors.to_string().contains("edited.yaml"));
        }
    }

    #[test]
    fn any_text_never_panics(text in "[ -~\\n\\t中é\u{0}-\u{1f}]{0,200}") {
        drop(textmill_pipeline::parse("any.yaml", &text));
    }
}
