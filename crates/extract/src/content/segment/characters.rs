//! Characters: white space as the page shows it, and what is noted of each run.

use memchr::memchr2;

use super::cutter::Cutter;
use super::{Kind, Part};
use crate::html::{NodeId, decode_into};

impl Cutter<'_, '_> {
    pub(super) fn line_break(&mut self) {
        self.run.breaks += 1;
        if self.run.breaks > 1 && !self.run.preformatted {
            self.flush();
        } else if self.out.text.len() > self.run.start {
            self.trim_end();
            self.out.text.push('\n');
        }
    }

    pub(super) fn text(&mut self, id: NodeId) {
        let from = self.out.text.len();
        let raw = self.tree.text(id);
        if id < self.pre_end {
            self.run.preformatted = true;
            let mut decoded = String::with_capacity(raw.len());
            decode_into(raw, &mut decoded);
            self.out.text.push_str(&decoded.replace("\r\n", "\n").replace('\r', "\n"));
        } else if memchr2(b'&', 0, raw.as_bytes()).is_some() {
            let mut decoded = String::with_capacity(raw.len());
            decode_into(raw, &mut decoded);
            self.line(id, &decoded);
        } else {
            self.line(id, raw);
        }
        if id < self.unseen_end {
            self.mark(from, Kind::Hidden);
        } else if id < self.code_end && id >= self.pre_end {
            self.mark(from, Kind::Code);
        }
        self.account(id, from);
    }

    /// Books what was appended since `from` by the links and emphasis that node `id` lies in.
    pub(super) fn account(&mut self, id: NodeId, from: usize) {
        let added = self.out.text.as_bytes().get(from..).unwrap_or(&[]);
        // Characters, not bytes: continuation bytes do not start one.
        let chars = added.iter().filter(|byte| !byte.is_ascii_whitespace() && (**byte & 0xc0) != 0x80).count();
        let chars = u32::try_from(chars).unwrap_or(u32::MAX);
        if chars > 0 {
            self.run.breaks = 0;
        }
        if id < self.link_end {
            self.run.link_chars += chars;
        }
        if id < self.strong_end {
            self.run.strong_chars += chars;
        }
    }

    /// Appends `text` with each run of white space as one space. Between characters that are written without
    /// spaces a line feed of the source is none.
    pub(super) fn squeeze(&mut self, text: &str) {
        let output = &mut self.out.text;
        let mut rest = text;
        if self.run.wrapped && rest.starts_with(is_wide) && output.ends_with(' ') {
            output.pop();
        }
        loop {
            let word = rest.trim_start_matches(is_space);
            let gap = rest.get(..rest.len() - word.len()).unwrap_or("");
            let at_line_start = output.len() == self.run.start || output.ends_with([' ', '\n']);
            let wrapped = gap.contains('\n') && output.ends_with(is_wide);
            if !(gap.is_empty() || at_line_start || wrapped && word.starts_with(is_wide)) {
                output.push(' ');
            }
            if !gap.is_empty() || !word.is_empty() {
                self.run.wrapped = wrapped && word.is_empty();
            }
            if word.is_empty() {
                return;
            }
            let end = word.find(is_space).unwrap_or(word.len());
            let (head, tail) = word.split_at(end);
            output.push_str(head);
            rest = tail;
        }
    }

    /// Notes what was written since `from`.
    pub(super) fn mark(&mut self, from: usize, kind: Kind) {
        let written = self.out.text.get(from..).unwrap_or("");
        let start = from + (written.len() - written.trim_start().len());
        let end = from + written.trim_end().len();
        if start >= end {
            return;
        }
        let (start, end) = (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
        match self.out.parts.last_mut() {
            Some(last) if kind != Kind::Formula && last.kind == kind && last.end == start => last.end = end,
            _ => self.out.parts.push(Part { start, end, kind }),
        }
    }

    pub(super) fn trim_end(&mut self) {
        let start = self.run.start;
        let kept = self.out.text.get(start..).map_or(0, |text| text.trim_end().len());
        self.out.text.truncate(start + kept);
    }

    /// Takes back the text from `end` on with what is noted of it.
    pub(super) fn cut(&mut self, end: usize) {
        self.out.text.truncate(end);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        while self.out.parts.pop_if(|part| part.start >= end).is_some() {}
        if let Some(last) = self.out.parts.last_mut() {
            last.end = last.end.min(end);
        }
    }
}

fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\n' | '\t' | '\r' | '\u{c}' | '\u{a0}')
}

/// Whether a character is written without spaces around it: ideographs, kana, their punctuation.
fn is_wide(char: char) -> bool {
    matches!(char, '\u{2e80}'..='\u{312f}' | '\u{31a0}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}')
}
