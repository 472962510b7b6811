//! Personal data in text: addresses, numbers of phones, people, cards and accounts.
//!
//! One pass that stops at `@` and digits only, and one for the words that stand before handles of
//! messengers. What is found is checked by its rules (checksums, lengths, number plans, top-level domains) and by what
//! stands around it: Chinese characters are a boundary, letters and digits are none; the words before a number tell
//! versions from addresses and phones from other numbers. Full-width characters count as their ASCII twins.

mod address;
mod card;
mod code;
mod context;
mod dialled;
mod domain;
mod email;
mod fold;
mod handle;
mod identity;
mod numbering;
mod phone;
mod programs;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PiiKind {
    /// E-mail addresses at top-level domains that exist, also internationalised ones and `bob [at] example [dot] com`.
    Email,
    /// Public IPv4 addresses; private and reserved ones name nobody. Versions, sections and object identifiers are none.
    Ip,
    /// Chinese mobile numbers, with or without +86.
    CnMobile,
    /// Chinese landline numbers with their area code, and service numbers (`400-810-6666`).
    CnLandline,
    /// Chinese identity numbers of 18 places, those of Hong Kong and Taiwan, with a right checksum.
    CnIdentity,
    /// Numbers of bank cards, by issuer, length and Luhn's checksum.
    BankCard,
    /// Phone numbers of other countries: with `+` or `00` and country code, in the North American form, or after a word
    /// such as `Tel.`
    Phone,
    /// Handles of QQ and `WeChat` after their name.
    Messenger,
}

impl PiiKind {
    /// Every kind, in the order in which they are tried at one place.
    pub const ALL: [Self; 8] = [
        Self::Email,
        Self::Ip,
        Self::CnIdentity,
        Self::BankCard,
        Self::CnMobile,
        Self::CnLandline,
        Self::Phone,
        Self::Messenger,
    ];

    /// The text that replaces it when it is masked.
    pub fn mask(self) -> &'static str {
        match self {
            Self::Email => "[EMAIL]",
            Self::Ip => "[IP]",
            Self::CnMobile | Self::CnLandline | Self::Phone => "[PHONE]",
            Self::CnIdentity => "[ID]",
            Self::BankCard => "[CARD]",
            Self::Messenger => "[ACCOUNT]",
        }
    }

    /// Stable name, snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Ip => "ip",
            Self::CnMobile => "cn_mobile",
            Self::CnLandline => "cn_landline",
            Self::CnIdentity => "cn_identity",
            Self::BankCard => "bank_card",
            Self::Phone => "phone",
            Self::Messenger => "messenger",
        }
    }
}

/// Personal data in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PiiMatch {
    /// The kind of data.
    pub kind: PiiKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What is put in place of personal data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PiiAction {
    /// A tag in brackets: `[EMAIL]`, `[PHONE]`, `[ID]`, ...
    #[default]
    Mask,
    /// For e-mail and IP addresses the fixed values of `FineWeb`, in turn; tags for the others.
    Replace,
    /// Nothing: it is only counted.
    Count,
}

/// The values that `FineWeb` was published with (`PIIFormatter` of datatrove).
const EMAILS: [&str; 2] = ["email@example.com", "firstname.lastname@example.org"];
const IPS: [&str; 6] =
    ["22.214.171.124", "126.96.36.199", "188.8.131.52", "184.108.40.206", "220.127.116.11", "18.104.22.168"];

/// Personal data of `kinds` in `text`, in order and without overlaps.
///
/// ```
/// use textmill_normalize::pii::{PiiKind, find};
///
/// let found = find("邮箱abc@x.com，电话13800138000。", &PiiKind::ALL);
/// let kinds: Vec<_> = found.iter().map(|found| found.kind).collect();
/// assert_eq!(kinds, [PiiKind::Email, PiiKind::CnMobile]);
/// ```
pub fn find(text: &str, kinds: &[PiiKind]) -> Vec<PiiMatch> {
    let Some(folded) = fold::Folded::of(text) else { return settled(text, kinds) };
    let mut found = settled(&folded.text, kinds);
    for hit in &mut found {
        (hit.start, hit.end) = (folded.original(hit.start), folded.original(hit.end));
    }
    found
}

/// Rounds after which what is left is left.
const MAX_ROUNDS: usize = 4;

/// What is found in a text without full-width numbers, and then in what is left of it: a number may look like the rest of
/// another one until that is masked. So masking twice is masking once.
fn settled(text: &str, kinds: &[PiiKind]) -> Vec<PiiMatch> {
    let mut found = find_in(text, kinds);
    for _ in 0..MAX_ROUNDS {
        if found.is_empty() {
            break;
        }
        let (masked, tags) = with_tags(text, &found);
        let more = find_in(&masked, kinds);
        if more.is_empty() {
            break;
        }
        found.extend(more.into_iter().map(|hit| PiiMatch {
            start: original(&tags, hit.start, |hit| hit.start),
            end: original(&tags, hit.end, |hit| hit.end),
            ..hit
        }));
        apart(&mut found);
    }
    found
}

/// `text` with tags in place of what was found, and where each tag starts and ends.
fn with_tags(text: &str, found: &[PiiMatch]) -> (String, Vec<(usize, usize, PiiMatch)>) {
    let (mut masked, mut tags, mut copied) = (String::with_capacity(text.len()), Vec::with_capacity(found.len()), 0);
    for hit in found {
        masked.push_str(text.get(copied..hit.start).unwrap_or_default());
        let start = masked.len();
        masked.push_str(hit.kind.mask());
        tags.push((start, masked.len(), *hit));
        copied = hit.end;
    }
    masked.push_str(text.get(copied..).unwrap_or_default());
    (masked, tags)
}

/// Where byte `at` of a text with tags stands in the text itself; `inside` chooses an end of what a tag stands for.
fn original(tags: &[(usize, usize, PiiMatch)], at: usize, inside: fn(&PiiMatch) -> usize) -> usize {
    let before = tags.partition_point(|(start, ..)| *start < at);
    match before.checked_sub(1).and_then(|last| tags.get(last)) {
        Some((_, end, hit)) if at >= *end => hit.end + (at - end),
        Some((.., hit)) => inside(hit),
        None => at,
    }
}

/// Everything that is there in a text, as it is.
fn find_in(text: &str, kinds: &[PiiKind]) -> Vec<PiiMatch> {
    let mut found = handle::all(text, kinds);
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = next_trigger(bytes, from) {
        match at_trigger(text, at, kinds) {
            Some(hit) => {
                from = hit.end.max(at + 1);
                found.push(hit);
            }
            // The rest of a number that is none of them is none either.
            None => from = if bytes.get(at) == Some(&b'@') { at + 1 } else { end_of_digits(bytes, at) },
        }
    }
    apart(&mut found);
    found
}

/// Puts `found` in order, without what overlaps an earlier or longer one.
fn apart(found: &mut Vec<PiiMatch>) {
    found.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let mut end = 0;
    found.retain(|hit| {
        let is_apart = hit.start >= end;
        end = end.max(hit.end);
        is_apart
    });
}

/// `text` with the personal data of `kinds` treated as `action` says, and what was found. Borrowed
/// where there is nothing to do.
pub fn mask<'a>(text: &'a str, kinds: &[PiiKind], action: PiiAction) -> (Cow<'a, str>, Vec<PiiMatch>) {
    let found = find(text, kinds);
    if found.is_empty() || action == PiiAction::Count {
        return (Cow::Borrowed(text), found);
    }
    let mut output = String::with_capacity(text.len());
    let (mut copied, mut emails, mut ips) = (0, EMAILS.iter().cycle(), IPS.iter().cycle());
    for hit in &found {
        output.push_str(text.get(copied..hit.start).unwrap_or_default());
        let fixed = match (action, hit.kind) {
            (PiiAction::Replace, PiiKind::Email) => emails.next(),
            (PiiAction::Replace, PiiKind::Ip) => ips.next(),
            _ => None,
        };
        output.push_str(fixed.copied().unwrap_or(hit.kind.mask()));
        copied = hit.end;
    }
    output.push_str(text.get(copied..).unwrap_or_default());
    (Cow::Owned(output), found)
}

fn at_trigger(text: &str, at: usize, kinds: &[PiiKind]) -> Option<PiiMatch> {
    let bytes = text.as_bytes();
    PiiKind::ALL.iter().filter(|kind| kinds.contains(kind)).find_map(|kind| {
        let range = match kind {
            PiiKind::Email => email::at(text, at),
            PiiKind::Ip => address::at(text, at),
            PiiKind::CnIdentity => identity::at(bytes, at).or_else(|| identity::with_letters(text, at)),
            PiiKind::BankCard => card::at(bytes, at),
            PiiKind::CnMobile => phone::mobile(bytes, at),
            PiiKind::CnLandline => phone::landline(bytes, at).or_else(|| dialled::service(text, at)),
            PiiKind::Phone => dialled::international(bytes, at)
                .or_else(|| dialled::north_american(bytes, at))
                .or_else(|| dialled::after_word(text, at)),
            PiiKind::Messenger => None,
        };
        range.map(|range| PiiMatch { kind: *kind, start: range.start, end: range.end })
    })
}

/// Bytes looked at together; small enough that one digit costs little, large enough to vectorise.
const BLOCK: usize = 32;

/// The next `@`, or the next digit that starts a number.
fn next_trigger(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let block = rest.get(..BLOCK).unwrap_or(rest);
        if !block.iter().fold(false, |any, byte| any | is_trigger(*byte)) {
            at += block.len();
            continue;
        }
        return rest.iter().position(|byte| is_trigger(*byte)).map(|offset| at + offset);
    }
}

#[inline]
#[allow(clippy::needless_bitwise_bool, reason = "no branches, so that it becomes a few vector instructions")]
fn is_trigger(byte: u8) -> bool {
    byte.is_ascii_digit() | (byte == b'@')
}

fn end_of_digits(bytes: &[u8], at: usize) -> usize {
    at + bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The byte before `at`.
fn before(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at.checked_sub(1)?).copied()
}

/// Whether a number may start at `at`: no letter or digit of ASCII stands before it.
fn starts(bytes: &[u8], at: usize) -> bool {
    !before(bytes, at).is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a number may end before `at`: no letter or digit of ASCII stands there, no digit behind a
/// point, and no group of three digits behind a comma.
fn ends(bytes: &[u8], at: usize) -> bool {
    let digits =
        bytes.get(at + 1..).unwrap_or_default().iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    ends_word(bytes, at) && !(bytes.get(at) == Some(&b',') && digits == 3)
}

/// The same without the rule of the comma, for what is no amount.
fn ends_word(bytes: &[u8], at: usize) -> bool {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    let goes_on = byte(at).is_ascii_alphanumeric() || byte(at) == b'_';
    let point = byte(at) == b'.' && byte(at + 1).is_ascii_digit();
    !(goes_on || point)
}

/// The digits of a number, with its separators left out, and where it ends.
struct Number {
    digits: Vec<u8>,
    end: usize,
}

impl Number {
    /// Reads `groups` of digits, each after at most one separator of `separators`, from `at` on.
    fn grouped(bytes: &[u8], at: usize, groups: &[usize], separators: &[u8]) -> Option<Self> {
        let mut digits = Vec::with_capacity(groups.iter().sum());
        let mut end = at;
        for (number, length) in groups.iter().enumerate() {
            if number > 0 && bytes.get(end).is_some_and(|byte| separators.contains(byte)) {
                end += 1;
            }
            let group = bytes.get(end..end + length).filter(|group| group.iter().all(u8::is_ascii_digit))?;
            digits.extend_from_slice(group);
            end += length;
        }
        Some(Self { digits, end })
    }
}
