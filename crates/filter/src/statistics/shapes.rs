//! Statistics of runs, spans and lines.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::counts::text_lines;
use crate::Measures;
use crate::chars::is_space;
use crate::measures::ratio;

/// Characters of a run that is looked for again (`ChineseWebText`).
const RUN_CHARS: usize = 13;

/// What a line ends with that leads to another page (MAP-NEO).
const READ_MORE: &[&str] = &["readmore", "read more", "展开", "更多", "。。。"];

pub(super) fn sentences(document: &Measures<'_>) -> f64 {
    let parts = document.text().split(['.', '!', '?', '。', '！', '？', '…', ';', '"', '\n']);
    parts.filter(|part| part.contains(char::is_alphanumeric)).count() as f64
}

pub(super) fn longest_space_run(document: &Measures<'_>) -> f64 {
    let (mut longest, mut run) = (0_u32, 0_u32);
    for char in document.text().chars() {
        run = if is_space(char) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    f64::from(longest)
}

pub(super) fn url_ratio(document: &Measures<'_>) -> f64 {
    let mut chars = 0;
    let mut rest = document.text();
    while let Some(start) = ["http://", "https://", "www."].iter().filter_map(|start| rest.find(start)).min() {
        let url = rest.get(start..).unwrap_or_default();
        let ends = |char: char| is_space(char) || !char.is_ascii() || matches!(char, '"' | '<' | '>');
        let end = url.find(ends).unwrap_or(url.len());
        chars += end as u64;
        rest = url.get(end..).unwrap_or_default();
    }
    ratio(chars, document.chars())
}

pub(super) fn lenticular_ratio(document: &Measures<'_>) -> f64 {
    let mut chars = 0;
    let mut rest = document.text();
    while let Some((inside, after)) = rest.split_once('【').and_then(|(_, after)| after.split_once('】')) {
        chars += inside.chars().count() as u64;
        rest = after;
    }
    ratio(chars, document.chars())
}

pub(super) fn repeated_13gram_ratio(document: &Measures<'_>) -> f64 {
    let lower = document.text().to_lowercase();
    let squeezed: String = lower.chars().filter(|char| !is_space(*char)).collect();
    let starts: Vec<usize> = squeezed.char_indices().map(|(at, _)| at).chain([squeezed.len()]).collect();
    let mut counts: HashMap<u64, u64> = HashMap::new();
    let runs = starts.windows(RUN_CHARS + 1).filter_map(|window| Some((*window.first()?, *window.last()?)));
    runs.for_each(|(start, end)| {
        *counts.entry(xxh3_64(squeezed.as_bytes().get(start..end).unwrap_or_default())).or_default() += 1;
    });
    ratio(counts.values().filter(|count| **count > 1).sum(), counts.values().sum())
}

pub(super) fn read_more_line_ratio(document: &Measures<'_>) -> f64 {
    let (all, found) = text_lines(document).fold((0, 0), |(all, found), line| {
        let line = line.trim_end_matches(is_space).to_lowercase();
        (all + 1, found + u64::from(READ_MORE.iter().any(|end| line.ends_with(end))))
    });
    ratio(found, all)
}
