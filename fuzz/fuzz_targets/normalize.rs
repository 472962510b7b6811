//! Any text under any options: normalised twice is normalised once, in time, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use textmill_normalize::lines::{LineRule, clean_lines};
use textmill_normalize::pii::{PiiAction, PiiKind, mask};
use textmill_normalize::steps::{UnicodeForm, WidthClass};
use textmill_normalize::{Chain, NormalizeConfig, Options};

fn config(flags: u16) -> NormalizeConfig {
    let flag = |bit: u16| flags >> bit & 1 == 1;
    let unicode = [UnicodeForm::AsIs, UnicodeForm::Nfc, UnicodeForm::Nfkc, UnicodeForm::Nfc][usize::from(flags & 3)];
    let classes = [WidthClass::Letters, WidthClass::Digits, WidthClass::Punctuation];
    let half_width: Vec<_> = classes.into_iter().zip(2..5).filter(|(_, bit)| flag(*bit)).map(|(class, _)| class).collect();
    let to_ascii = unicode == UnicodeForm::Nfkc || half_width.contains(&WidthClass::Punctuation);
    NormalizeConfig {
        unicode,
        half_width,
        chinese_punctuation: flag(5) && !to_ascii,
        simplified: flag(6),
        max_newlines: flag(7).then_some(2),
        max_spaces: flag(8).then_some(1),
        trim: flag(9),
        mojibake: flag(10),
        html_entities: flag(11),
        strip_bidi_controls: flag(12),
        cjk_radicals: flag(14),
        ..NormalizeConfig::default()
    }
}

fuzz_target!(|input: (u16, &str)| {
    let (flags, text) = input;
    let chain = Chain::new(&config(flags)).expect("options that go together");
    let options = Options { arabic: flags >> 13 & 1 == 1, ..Options::default() };
    let once = chain.apply(text, options).into_owned();
    // The published rule deletes one space at the very start, each time.
    if !once.starts_with(' ') || once.starts_with("  ") {
        assert_eq!(chain.apply(&once, options), once);
    }
    let clean = clean_lines(text, &LineRule::ALL);
    let left = clean.text.as_deref().unwrap_or(text);
    assert_eq!(clean_lines(left, &LineRule::ALL).text, None);
    let masked = mask(text, &PiiKind::ALL, PiiAction::Mask).0;
    assert_eq!(mask(&masked, &PiiKind::ALL, PiiAction::Mask).0, masked);
});
