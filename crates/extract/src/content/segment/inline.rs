//! Inline elements whose place or size carries meaning: exponents, indices, readings.

use super::cutter::Cutter;
use crate::html::{NodeId, Tag, decode_into};

/// Longer raised or lowered text is none of a number or name.
const MAX_SCRIPT: usize = 24;
/// Most nodes of such an element.
const MAX_NODES: u32 = 40;
/// Readings of one `ruby` from which each is put behind its own part.
const MANY_READINGS: usize = 6;

impl Cutter<'_, '_> {
    /// `10<sup>6</sup>` as `10^6`, `x<sub>i</sub>` as `x_i`, `H<sub>2</sub>O` as `H₂O`: as `106` it would be
    /// another number. Ordinals, marks and notes stay as they are. False where it is nothing of the kind.
    pub(super) fn script(&mut self, id: NodeId) -> bool {
        let node = *self.tree.node(id);
        let mut linked = false;
        let mut text = String::new();
        for at in id + 1..node.end {
            let inner = self.tree.node(at);
            linked |= inner.tag == Tag::A;
            let plain = matches!(
                inner.tag,
                Tag::Text
                    | Tag::A
                    | Tag::B
                    | Tag::Strong
                    | Tag::I
                    | Tag::Em
                    | Tag::Span
                    | Tag::Var
                    | Tag::Font
                    | Tag::Small
            );
            if !plain || node.end - id > MAX_NODES {
                return false;
            }
            decode_into(self.tree.text(at), &mut text);
        }
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_SCRIPT || self.run.preformatted {
            return false;
        }
        let base = self.out.text.get(self.run.start..).unwrap_or("");
        let written = if linked { Some(note(text)) } else { raised_or_lowered(node.tag, base, text) };
        let Some(mut written) = written else { return false };
        if node.tag == Tag::Sup && self.numerator(node.end, text) {
            written =
                if base.ends_with(|char: char| char.is_ascii_digit()) { format!(" {text}") } else { text.to_owned() };
        } else if node.tag == Tag::Sub && base.ends_with(['/', '⁄']) {
            text.clone_into(&mut written);
        }
        let from = self.out.text.len();
        self.out.text.push_str(&written);
        if linked {
            self.run.links += 1;
            self.run.link_chars += u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        }
        self.account(id, from);
        true
    }

    /// Whether a fraction bar and a denominator follow.
    fn numerator(&self, end: NodeId, text: &str) -> bool {
        let mut bar = String::new();
        decode_into(self.tree.text(end), &mut bar);
        text.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(bar.trim(), "/" | "⁄")
            && (end as usize + 1) < self.tree.nodes.len()
            && self.tree.node(end + 1).tag == Tag::Sub
    }

    /// A base with its readings in brackets behind it: `漢字(かんじ)`. False where other elements are in it.
    pub(super) fn ruby(&mut self, id: NodeId) -> bool {
        let end = self.tree.node(id).end;
        let mut parts: Vec<(String, String)> = vec![(String::new(), String::new())];
        let (mut reading_end, mut skip) = (0, 0);
        for at in id + 1..end {
            let node = *self.tree.node(at);
            if at < skip {
                continue;
            }
            match node.tag {
                Tag::Rp => skip = node.end,
                Tag::Rt => reading_end = node.end,
                Tag::Br | Tag::Img | Tag::Math | Tag::Script => return false,
                tag if tag.is_block() => return false,
                Tag::Text => {
                    if at >= reading_end && parts.last().is_some_and(|(_, reading)| !reading.is_empty()) {
                        parts.push(Default::default());
                    }
                    let Some((base, reading)) = parts.last_mut() else { continue };
                    let raw = self.tree.text(at).trim_ascii();
                    decode_into(raw, if at < reading_end { reading } else { base });
                }
                _ => {}
            }
        }
        let from = self.out.text.len();
        let spaced = parts.iter().any(|(_, reading)| reading.is_ascii() && !reading.is_empty());
        if parts.iter().filter(|(_, reading)| !reading.is_empty()).count() > MANY_READINGS {
            for (base, reading) in &parts {
                let brackets = if reading.is_empty() { String::new() } else { format!("({reading})") };
                self.out.text.push_str(&format!("{base}{brackets}"));
            }
        } else {
            parts.iter().for_each(|(base, _)| self.out.text.push_str(base));
            let readings: Vec<&str> = parts.iter().map(|(_, reading)| reading.as_str()).collect();
            let readings = readings.join(if spaced { " " } else { "" });
            if !readings.trim().is_empty() {
                self.out.text.push_str(&format!("({})", readings.trim()));
            }
        }
        self.account(id, from);
        true
    }
}

/// A note's number in brackets.
fn note(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { format!("[{text}]") } else { text.to_owned() }
}

fn raised_or_lowered(tag: Tag, base: &str, text: &str) -> Option<String> {
    let last = base.chars().next_back();
    let based = last.is_some_and(|char| char.is_alphanumeric() || matches!(char, ')' | ']' | '}' | '|' | '\''));
    let number = text.chars().all(|char| char.is_ascii_digit() || matches!(char, '+' | '-' | '−' | '.' | ','));
    let digits = text.chars().any(|char| char.is_ascii_digit());
    let letters = text.chars().all(char::is_alphabetic);
    let alone = text.chars().count() == 1;
    if !based || text.starts_with(['[', '(']) {
        return None;
    }
    if tag == Tag::Sub {
        let lowered: Option<String> = text.chars().map(lowered).collect();
        return Some(match lowered {
            Some(lowered) => lowered,
            None if letters || text.chars().all(char::is_alphanumeric) => format!("_{text}"),
            None => format!("_({text})"),
        });
    }
    let after_digit = last.is_some_and(|char| char.is_ascii_digit());
    let word = base.chars().rev().take_while(|char| char.is_alphabetic()).count();
    match () {
        // 1st, 2e, Mlle, a brand's TM.
        () if letters && !alone => None,
        () if letters && after_digit && matches!(text, "e" | "o" | "a" | "r" | "º" | "ª") => None,
        () if letters && word > 1 => None,
        () if number && digits => Some(format!("^{text}")),
        () if letters => Some(format!("^{text}")),
        () if matches!(text, "+" | "-" | "−" | "*" | "'" | "′") && word > 0 && word <= 2 => {
            Some(format!("^{text}"))
        }
        () if text.chars().any(char::is_alphanumeric) && text.chars().all(|char| !char.is_whitespace()) => {
            Some(format!("^({text})"))
        }
        () => None,
    }
}

/// The lowered form of a digit or sign.
fn lowered(char: char) -> Option<char> {
    match char {
        '0'..='9' => char::from_u32('₀' as u32 + (char as u32 - '0' as u32)),
        '+' => Some('₊'),
        '-' | '−' => Some('₋'),
        _ => None,
    }
}
