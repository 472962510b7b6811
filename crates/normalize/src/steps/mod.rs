//! The optional steps, each on its own: one file, one rule. All take a text and give it back borrowed
//! where there is nothing to do.

mod bidi;
mod entities;
mod layout;
mod mojibake;
mod protected;
mod punctuation;
mod radicals;
mod simplified;
mod unicode;
mod width;

pub use bidi::strip_bidi_controls;
pub use entities::decode_entities;
pub use layout::{Layout, lay_out};
pub use mojibake::fix_mojibake;
pub use punctuation::chinese_punctuation;
pub use radicals::cjk_radicals;
pub use simplified::{simplified, simplified_chinese};
pub use unicode::{UnicodeForm, compose};
pub use width::{WidthClass, half_width};

use std::borrow::Cow;

/// `text` with each character that `of` gives another one for replaced; borrowed where it gives none.
fn replaced(text: &str, of: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    let Some(first) = text.char_indices().find_map(|(at, char)| of(char).map(|_| at)) else {
        return Cow::Borrowed(text);
    };
    let (head, tail) = text.split_at(first);
    let mut output = String::with_capacity(text.len());
    output.push_str(head);
    output.extend(tail.chars().map(|char| of(char).unwrap_or(char)));
    Cow::Owned(output)
}
