//! Preformatted text: code and what else stands in `pre`, with its lines and its indentation.
//!
//! Highlighters put a line into an element of its own, number the lines in elements or in a column
//! beside them, and add buttons. What is read here is what a reader copies out of it.

use super::hidden::{Eyes, Sight};
use super::hints::{self, CODE};
use crate::html::{NodeId, Tag, Tree, decode_into};

/// Longest name of a language.
const MAX_LANGUAGE: usize = 20;
/// More text than this is no label of a button.
const MAX_LABEL: usize = 40;

/// Preformatted text and what of it is in links and emphasis.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub text: String,
    pub links: u32,
    pub link_chars: u32,
    pub strong_chars: u32,
}

/// The text of element `id` as preformatted. `keep_blanks` is false where the page folds white space and
/// ends lines with `br`.
pub(crate) fn of<'a>(tree: &Tree<'a>, id: NodeId, keep_blanks: bool, eyes: &mut Eyes<'a>) -> Code {
    let lines = one_element_a_line(tree, id);
    let mut reader = Reader { tree, code: Code::default(), open: Vec::new(), numbers: Vec::new(), keep_blanks, lines };
    let end = tree.node(id).end;
    let mut at = id + 1;
    while at < end {
        reader.leave(at);
        at = reader.visit(at, eyes);
    }
    reader.leave(end);
    reader.without_numbers();
    let Code { text, .. } = &mut reader.code;
    let kept = text.trim_end().len();
    text.truncate(kept);
    let blank: usize = text.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum();
    text.drain(..blank);
    reader.code
}

struct Open {
    end: NodeId,
    tag: Tag,
    /// Where its text starts, for elements that are lines.
    line: Option<usize>,
    numbered: bool,
}

struct Reader<'t, 'a> {
    tree: &'t Tree<'a>,
    code: Code,
    open: Vec<Open>,
    /// Elements at the start of a line that hold nothing but a number: where, and which.
    numbers: Vec<(usize, usize, u64)>,
    keep_blanks: bool,
    /// Inline elements are lines.
    lines: bool,
}

impl<'a> Reader<'_, 'a> {
    fn leave(&mut self, at: NodeId) {
        while let Some(open) = self.open.pop_if(|open| open.end <= at) {
            let Some(start) = open.line else { continue };
            let empty = self.code.text.len() == start;
            if (!empty && !self.code.text.ends_with('\n')) || (empty && open.numbered) {
                self.code.text.push('\n');
            }
        }
    }

    fn visit(&mut self, at: NodeId, eyes: &mut Eyes<'a>) -> NodeId {
        let node = *self.tree.node(at);
        match node.tag {
            Tag::Text => self.characters(at),
            Tag::Br => self.code.text.push('\n'),
            Tag::Button => return node.end,
            tag if tag.is_invisible() => return node.end,
            _ if matches!(eyes.sight(self.tree, at), Sight::Gone | Sight::Unseen) => return node.end,
            _ if is_gutter(self.tree, at, true) => {
                self.open.iter_mut().rev().filter(|open| open.line.is_some()).take(1).for_each(|open| {
                    open.numbered = true;
                });
                return node.end;
            }
            _ if self.is_label(at) => return node.end,
            tag => self.enter(at, tag),
        }
        at + 1
    }

    fn enter(&mut self, at: NodeId, tag: Tag) {
        let node = self.tree.node(at);
        if tag == Tag::A && self.tree.attribute(at, "href").is_some() {
            self.code.links += 1;
        }
        let cell = matches!(tag, Tag::Td | Tag::Th);
        let is_line = !cell && (tag.is_block() || (self.lines && is_line(self.tree, at)));
        if is_line && !self.code.text.is_empty() && !self.code.text.ends_with('\n') {
            self.code.text.push('\n');
        }
        let length = self.code.text.len();
        if cell && length > 0 && !self.code.text.ends_with('\n') {
            self.code.text.push('\t');
        }
        let at_line_start = self.code.text.is_empty() || self.code.text.ends_with('\n');
        if at_line_start && let Some(number) = number(self.tree, at) {
            let start = self.code.text.len();
            self.numbers.push((start, start, number));
        }
        // A line that its highlighter marks as one is a line though it is empty.
        let numbered = tag == Tag::Li || (is_line && has_line_name(self.tree, at));
        let line = is_line.then_some(self.code.text.len());
        self.open.push(Open { end: node.end, tag, line, numbered });
    }

    fn characters(&mut self, at: NodeId) {
        let raw = self.tree.text(at);
        let around = self.open.last().map(|open| open.tag);
        let in_table = matches!(around, Some(Tag::Table | Tag::Thead | Tag::Tbody | Tag::Tfoot | Tag::Tr | Tag::Ol));
        if in_table && raw.trim_ascii().is_empty() {
            return;
        }
        let from = self.code.text.len();
        let mut decoded = String::with_capacity(raw.len());
        decode_into(raw, &mut decoded);
        let at_start = from == 0 || self.code.text.ends_with('\n');
        if self.keep_blanks {
            // The line feed between two elements that are lines ends no line of its own.
            let closed = at_start && from > 0 && decoded.trim().is_empty();
            let rest: &str =
                if closed && self.after_line(at) { decoded.trim_start_matches(['\r', '\n']) } else { &decoded };
            self.code.text.push_str(&rest.replace("\r\n", "\n").replace('\r', "\n"));
        } else {
            let folded: Vec<&str> = decoded.split([' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()).collect();
            let lead = decoded.starts_with([' ', '\n', '\r', '\t']) && !at_start && !folded.is_empty();
            self.code.text.push_str(if lead { " " } else { "" });
            self.code.text.push_str(&folded.join(" ").replace('\u{a0}', " "));
            if decoded.ends_with([' ', '\t']) && !folded.is_empty() {
                self.code.text.push(' ');
            }
        }
        if let Some((_, end, _)) = self.numbers.last_mut().filter(|(start, _, _)| *start == from) {
            *end = self.code.text.len();
        }
        self.account(from);
    }

    /// Whether the node before `at` is the end of an element that is a line.
    fn after_line(&self, at: NodeId) -> bool {
        let before = at.checked_sub(1).map(|before| self.tree.node(before));
        let closed = before.filter(|node| node.end <= at && node.tag != Tag::Br);
        closed.is_some() && !self.tree.text(at - 1).ends_with('\n')
    }

    fn account(&mut self, from: usize) {
        let added = self.code.text.get(from..).unwrap_or("");
        let chars = u32::try_from(added.chars().filter(|char| !char.is_whitespace()).count()).unwrap_or(u32::MAX);
        let within = |tags: &[Tag]| self.open.iter().any(|open| tags.contains(&open.tag));
        if within(&[Tag::A]) {
            self.code.link_chars += chars;
        }
        if within(&[Tag::B, Tag::Strong, Tag::Em, Tag::I]) {
            self.code.strong_chars += chars;
        }
    }

    /// A label that a highlighter puts over code: a box with a button, or a word such as `Copy`.
    fn is_label(&self, at: NodeId) -> bool {
        let node = self.tree.node(at);
        let class = self.tree.attribute(at, "class").unwrap_or("").to_ascii_lowercase();
        let copies = class.contains("copy") || class.contains("clipboard") || class.contains("toolbar");
        let boxed = node.tag.is_block() && (at..node.end).any(|inner| self.tree.node(inner).tag == Tag::Button);
        (copies || boxed) && length(self.tree, at, MAX_LABEL + 1) <= MAX_LABEL
    }

    /// Takes the numbers of the lines out, where every line starts with its own.
    fn without_numbers(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        let lines = self.code.text.trim_end().split('\n').count();
        let counted = numbers.windows(2).all(|pair| pair[0].2 + 1 == pair[1].2 && pair[0].1 <= pair[1].0);
        if numbers.len() < 2 || numbers.len() < lines || !counted {
            return;
        }
        let mut text = String::with_capacity(self.code.text.len());
        let mut from = 0;
        for (start, end, _) in numbers {
            text.push_str(self.code.text.get(from..start).unwrap_or(""));
            let after = self.code.text.get(end..).unwrap_or("");
            from = end + usize::from(after.starts_with(['\t', ' ']));
        }
        text.push_str(self.code.text.get(from..).unwrap_or(""));
        self.code.text = text;
    }
}

/// The language that an element's attributes name, lower case.
pub(crate) fn language(tree: &Tree<'_>, id: NodeId) -> Option<String> {
    let named = ["data-lang", "data-language"].iter().find_map(|name| tree.attribute(id, name));
    named.and_then(language_name).or_else(|| {
        let mut names =
            tree.attribute(id, "class")?.split([' ', '\t', '\n', '\r', ';']).filter(|name| !name.is_empty());
        while let Some(name) = names.next() {
            // `brush: js` and `sourceCode haskell` name it in the next word.
            let next = matches!(name, "brush:" | "sourceCode" | "brush").then(|| names.next()).flatten();
            let rest = ["language-", "lang-", "highlight-source-", "highlight-", "brush:", "src-"]
                .iter()
                .find_map(|start| name.strip_prefix(start));
            if let Some(found) = next.or(rest).and_then(language_name) {
                return Some(found);
            }
        }
        None
    })
}

/// A word that may be the name of a language.
fn language_name(word: &str) -> Option<String> {
    const NONE: [&str; 10] =
        ["none", "text", "txt", "plain", "plaintext", "default", "auto", "nohighlight", "source", "wrapper"];
    let name = word.trim().trim_end_matches(';').to_ascii_lowercase();
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '#' | '-' | '_' | '.');
    let is_name = (1..=MAX_LANGUAGE).contains(&name.len()) && name.chars().all(fits);
    (is_name && name.starts_with(|char: char| char.is_ascii_alphabetic()) && !NONE.contains(&name.as_str()))
        .then_some(name)
}

/// Whether a `pre` is code or text with lines, rather than a part of a page that somebody put into one.
pub(crate) fn is_preformatted(tree: &Tree<'_>, id: NodeId) -> bool {
    (id + 1..tree.node(id).end).all(|at| {
        let tag = tree.node(at).tag;
        tag.heading_level() == 0
            && !matches!(
                tag,
                Tag::Article
                    | Tag::Section
                    | Tag::Nav
                    | Tag::Form
                    | Tag::Pre
                    | Tag::Figure
                    | Tag::Dl
                    | Tag::Blockquote
                    | Tag::Main
                    | Tag::Header
                    | Tag::Footer
                    | Tag::Math
            )
    })
}

/// Whether a table is code: a column of line numbers and one of lines, without a `pre` in it.
pub(crate) fn is_table_of_lines(tree: &Tree<'_>, id: NodeId) -> bool {
    let class = tree.attribute(id, "class").unwrap_or("");
    if hints::of_names(class) >> CODE & 1 == 0 && !class.contains("blob") && !class.contains("crayon") {
        return false;
    }
    let inside = || id + 1..tree.node(id).end;
    inside().all(|at| !matches!(tree.node(at).tag, Tag::Pre | Tag::Table | Tag::Th))
        && inside().any(|at| tree.node(at).tag == Tag::Td && is_gutter(tree, at, true))
}

/// Whether `br` ends the lines of a `code` element.
pub(crate) fn has_breaks(tree: &Tree<'_>, id: NodeId) -> bool {
    (id + 1..tree.node(id).end).any(|at| tree.node(at).tag == Tag::Br)
}

/// Whether an element holds line numbers. `in_code` allows names that mean other things elsewhere.
pub(crate) fn is_gutter(tree: &Tree<'_>, id: NodeId, in_code: bool) -> bool {
    let Some(class) = tree.attribute(id, "class").filter(|class| class.len() >= 2) else { return false };
    class.split_ascii_whitespace().any(|name| is_gutter_name(name, in_code)) && is_numbers(tree, id)
}

fn is_gutter_name(name: &str, in_code: bool) -> bool {
    const NAMES: [&str; 21] = [
        "lineno",
        "linenos",
        "line-no",
        "line-number",
        "line-numbers",
        "line_number",
        "line_numbers",
        "line-numbers-rows",
        "linenumber",
        "linenumbers",
        "linenodiv",
        "line-nums",
        "gutter",
        "rouge-gutter",
        "hljs-ln-numbers",
        "hljs-ln-n",
        "blob-num",
        "code-line-number",
        "crayon-num",
        "crayon-nums",
        "lnt",
    ];
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let within = ["ln", "num", "nums", "number", "no", "lnum", "react-syntax-highlighter-line-number"];
    NAMES.iter().any(is) || (in_code && within.iter().any(is))
}

/// Whether the text of an element is digits and white space only.
fn is_numbers(tree: &Tree<'_>, id: NodeId) -> bool {
    (id..tree.node(id).end).all(|at| {
        let text = tree.text(at);
        text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_whitespace()) || text.trim() == "&nbsp;"
    })
}

/// Whether `pre` holds the numbers of the lines of another one in the same table row, which ends at `row_end`.
pub(crate) fn is_column_of_numbers(tree: &Tree<'_>, id: NodeId, row_end: NodeId) -> bool {
    let end = tree.node(id).end;
    let mut text = String::new();
    for at in id..end {
        match tree.node(at).tag {
            Tag::Text => text.push_str(tree.text(at)),
            tag if tag.is_block() || tag == Tag::Br => text.push('\n'),
            tag => text.push_str(if matches!(tag, Tag::Span | Tag::A) { " " } else { "" }),
        }
    }
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<u64>().ok());
    let Some(Some(mut last)) = numbers.next() else { return false };
    let counted = numbers.all(|number| {
        let next = number == last.checked_add(1);
        last = number.unwrap_or(last);
        next
    });
    counted && (end..row_end).any(|at| matches!(tree.node(at).tag, Tag::Pre | Tag::Code))
}

/// Whether a button only copies what stands beside it.
pub(crate) fn is_copy_button(tree: &Tree<'_>, id: NodeId) -> bool {
    const LABELS: [&str; 9] =
        ["copy", "copy code", "copied", "copied!", "copy to clipboard", "copycopied", "复制", "复制代码", "複製"];
    if length(tree, id, MAX_LABEL + 1) > MAX_LABEL {
        return false;
    }
    let text: String = (id..tree.node(id).end).map(|at| tree.text(at).trim()).collect();
    LABELS.iter().any(|label| text.eq_ignore_ascii_case(label))
}

/// Bytes of text in an element, counted up to `limit`.
fn length(tree: &Tree<'_>, id: NodeId, limit: usize) -> usize {
    let mut sum = 0;
    for at in id..tree.node(id).end {
        sum += tree.text(at).trim().len();
        if sum >= limit {
            break;
        }
    }
    sum
}

/// The number that is all an inline element holds.
fn number(tree: &Tree<'_>, id: NodeId) -> Option<u64> {
    let node = tree.node(id);
    if node.end != id + 2 {
        return None;
    }
    tree.text(id + 1).trim().parse().ok()
}

/// Whether the lines of the code are inline elements with no line feed between them.
fn one_element_a_line(tree: &Tree<'_>, id: NodeId) -> bool {
    let mut lines = 0;
    for at in id + 1..tree.node(id).end {
        let node = tree.node(at);
        if node.tag == Tag::Br || tree.text(at).contains('\n') {
            return false;
        }
        lines += u32::from(node.tag != Tag::Text && is_line(tree, at));
    }
    lines > 1
}

/// Whether an inline element is a line: by its class, or a `code` straight in a `pre`.
fn is_line(tree: &Tree<'_>, id: NodeId) -> bool {
    match tree.node(id).tag {
        Tag::Code => id > 0 && !has_line_inside(tree, id) && !is_first_and_only_code(tree, id),
        _ => has_line_name(tree, id),
    }
}

fn has_line_inside(tree: &Tree<'_>, id: NodeId) -> bool {
    (id + 1..tree.node(id).end).any(|at| tree.node(at).tag != Tag::Text && has_line_name(tree, at))
}

/// Whether no `code` stands straight before or after this one.
fn is_first_and_only_code(tree: &Tree<'_>, id: NodeId) -> bool {
    let node = tree.node(id);
    let follows = (node.end as usize) < tree.nodes.len() && tree.node(node.end).tag == Tag::Code;
    let starts = id > 0 && tree.node(id - 1).tag != Tag::Pre && tree.node(id - 1).tag != Tag::Code;
    let after_code = starts
        && (1..=id.min(64)).any(|back| {
            let before = tree.node(id - back);
            before.tag == Tag::Code && before.end == id
        });
    !follows && !after_code
}

/// Whether a class or attribute calls the element a line.
fn has_line_name(tree: &Tree<'_>, id: NodeId) -> bool {
    tree.attributes(id).iter().any(|attribute| {
        let name = tree.slice(attribute.name);
        if name.eq_ignore_ascii_case("class") {
            let names = tree.slice(attribute.value).split_ascii_whitespace();
            names.map(str::to_ascii_lowercase).any(|name| {
                matches!(name.as_str(), "line" | "row" | "code-line" | "token-line" | "codeline" | "view-line" | "cl")
                    || name.ends_with("-line")
                    || name.ends_with("_line")
            })
        } else {
            name.eq_ignore_ascii_case("data-line") || name.eq_ignore_ascii_case("data-line-number")
        }
    })
}
