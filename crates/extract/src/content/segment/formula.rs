//! Formulas: their TeX once, however often the page holds them.

use super::Kind;
use super::cutter::Cutter;
use crate::content::mathml;
use crate::html::{NodeId, Tag, Tree, attribute_value, decode_into, parse};

/// Siblings looked at behind a rendered formula for its source.
const BEHIND: usize = 4;
/// What stands before the TeX in the addresses of services that draw formulas.
#[rustfmt::skip]
const SERVICES: &[&str] = &[
    "/equation?tex=", "latex?", ".latex?", "cht=tx&chl=", "cht=tx&amp;chl=", "latex.php?latex=", "mimetex.cgi?",
    "mathtex.cgi?", "/render/math?math=", "svg.image?", "png.image?", "gif.image?",
];
/// Nodes before what `KaTeX` has drawn among which its source is looked for.
const SOURCE_REACH: NodeId = 400;
/// Most nodes of a formula that stands in an attribute or script.
const MAX_NODES: usize = 20_000;

impl Cutter<'_, '_> {
    /// A formula: its TeX source where the page gives it, else what its elements say as TeX.
    pub(super) fn math(&mut self, id: NodeId, end: NodeId) {
        let tex = tex_of(self.tree, id, end);
        let display = self.tree.attribute(id, "display") == Some("block");
        self.formula(id, &tex, display);
    }

    pub(super) fn math_script(&mut self, id: NodeId, end: NodeId, kind: &str) {
        let raw: String = (id..end).map(|at| self.tree.text(at).trim_ascii()).collect();
        if kind.starts_with("math/mml") {
            self.formula(id, &of_source(&raw), false);
        } else {
            self.formula(id, &raw, kind.contains("display"));
        }
    }

    /// Writes TeX between dollar signs, unless the same was just written: a page may hold a formula as
    /// markup, as TeX and as a picture.
    pub(super) fn formula(&mut self, id: NodeId, tex: &str, display: bool) {
        let tex = plain_style(tex.trim().trim_matches('$').trim());
        if tex.is_empty() || self.out.text.trim_end().ends_with(&format!("${tex}$")) {
            return;
        }
        let mark = if display { "$$" } else { "$" };
        let from = self.out.text.len();
        self.out.text.push_str(mark);
        self.out.text.push_str(tex);
        self.out.text.push_str(mark);
        self.mark(from, Kind::Formula);
        self.account(id, from);
    }

    /// Appends text, with what stands between `[tex]` and `[/tex]` as formulas: forums write them so.
    pub(super) fn line(&mut self, id: NodeId, text: &str) {
        let mut rest = text;
        while let Some((before, tex, after)) = tagged(rest) {
            self.squeeze(before);
            self.formula(id, tex, false);
            rest = after;
        }
        self.squeeze(rest);
    }

    /// Formulas that are pictures say in `alt`, or in their address, what they show.
    pub(super) fn image(&mut self, id: NodeId) {
        let source = self.tree.attribute(id, "src").unwrap_or("");
        let query = SERVICES.iter().find_map(|mark| source.find(mark).and_then(|at| source.get(at + mark.len()..)));
        let class = self.tree.attribute(id, "class").unwrap_or("");
        let names = |known: &[&str]| {
            let mut words = class.split(|char: char| !char.is_ascii_alphanumeric());
            words.any(|word| known.iter().any(|known| word.eq_ignore_ascii_case(known)))
        };
        let is_tex = names(&["tex", "latex", "mwe", "mathtex"]);
        if !is_tex && query.is_none() && !names(&["equation", "math"]) {
            return;
        }
        // A picture of a class about mathematics may be a graph: its `alt` must look like a formula.
        let speaks = |alt: &&str| is_tex || query.is_some() || alt.contains(['\\', '^', '_', '=']);
        let alt = self.tree.attribute(id, "alt").map(str::trim).filter(|alt| !alt.is_empty()).filter(speaks);
        let tex = match (alt, query) {
            (Some(alt), _) => attribute_value(alt).into_owned(),
            (None, Some(query)) => unescaped(attribute_value(query).split('&').next().unwrap_or("")),
            (None, None) => return,
        };
        self.formula(id, &tex, false);
    }

    /// A formula that a script has drawn: what is taken instead of it, and the node behind it.
    pub(super) fn drawn(&mut self, id: NodeId) -> Option<NodeId> {
        let end = self.tree.node(id).end;
        let class = self.tree.attribute(id, "class").unwrap_or("");
        let source = ["data-tex", "data-latex"].iter().find_map(|name| self.tree.attribute(id, name));
        if let Some(source) = source.filter(|source| !source.trim().is_empty()) {
            let display = class.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| word == "display");
            self.formula(id, &attribute_value(source), display);
            return Some(end);
        }
        if class.is_empty() {
            return None;
        }
        if class.contains("katex-html") && self.tree.attribute(id, "aria-hidden") == Some("true") {
            // Some pages come without the source: what is drawn is all there is.
            let ends_here = |at: NodeId| self.tree.node(at).tag == Tag::Math && self.tree.node(at).end == id;
            return (id.saturating_sub(SOURCE_REACH)..id).any(ends_here).then_some(end);
        }
        if !class.split_ascii_whitespace().any(|name| name.starts_with("MathJax") || name.starts_with("mjx-chtml")) {
            return None;
        }
        if self.source_follows(end) {
            return Some(end);
        }
        if let Some(math) = (id..end).find(|at| self.tree.node(*at).tag == Tag::Math) {
            self.math(math, self.tree.node(math).end);
            return Some(end);
        }
        let markup = self.tree.attribute(id, "data-mathml")?;
        let tex = of_source(&attribute_value(markup));
        if tex.is_empty() {
            return None;
        }
        self.formula(id, &tex, false);
        Some(end)
    }

    /// Whether the source of a drawn formula stands behind it, before any other text.
    fn source_follows(&self, from: NodeId) -> bool {
        let mut at = from;
        for _ in 0..BEHIND {
            if at as usize >= self.tree.nodes.len() {
                return false;
            }
            let node = self.tree.node(at);
            match node.tag {
                Tag::Script => return self.tree.attribute(at, "type").is_some_and(|kind| kind.starts_with("math/")),
                Tag::Text if !self.tree.text(at).trim().is_empty() => return false,
                _ => at = node.end,
            }
        }
        false
    }
}

/// The first formula between tags in square brackets: what is before it, its TeX, what is behind it.
fn tagged(text: &str) -> Option<(&str, &str, &str)> {
    const TAGS: [(&str, &str); 2] = [("[tex]", "[/tex]"), ("[latex]", "[/latex]")];
    let found = TAGS.iter().filter_map(|(open, close)| {
        let (before, rest) = text.split_once(open)?;
        let (tex, after) = rest.split_once(close)?;
        Some((before, tex, after))
    });
    found.min_by_key(|(before, _, _)| before.len())
}

/// The TeX of a `math` element.
fn tex_of(tree: &Tree<'_>, id: NodeId, end: NodeId) -> String {
    let annotation = (id..end).find(|at| {
        tree.node(*at).tag == Tag::Annotation
            && tree.attribute(*at, "encoding").is_some_and(|kind| kind.to_ascii_lowercase().ends_with("tex"))
    });
    if let Some(at) = annotation {
        let mut tex = String::new();
        (at..tree.node(at).end).for_each(|at| decode_into(tree.text(at), &mut tex));
        return tex.trim().to_owned();
    }
    let alternative = tree.attribute(id, "alttext").map(attribute_value);
    match alternative {
        Some(tex) if tex.contains(['\\', '^', '_', '=']) => tex.into_owned(),
        _ => mathml::to_tex(tree, id + 1, end),
    }
}

/// The TeX of `MathML` that is written out.
fn of_source(source: &str) -> String {
    let Some(tree) = parse(source, 512, MAX_NODES) else { return String::new() };
    match tree.first(Tag::Math) {
        Some(id) => tex_of(&tree, id, tree.node(id).end),
        None => String::new(),
    }
}

/// Without the style that wikis put around every formula.
fn plain_style(tex: &str) -> &str {
    let inner = tex.strip_prefix("{\\displaystyle ").or_else(|| tex.strip_prefix("{\\textstyle "));
    inner.and_then(|inner| inner.strip_suffix('}')).map_or(tex, str::trim)
}

/// Without the escapes of an address.
fn unescaped(query: &str) -> String {
    let mut bytes = Vec::with_capacity(query.len());
    let mut rest = query.bytes();
    while let Some(byte) = rest.next() {
        match (byte, escaped_byte(&rest)) {
            (b'%', Some(value)) => {
                bytes.push(value);
                rest.nth(1);
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that the next two hexadecimal digits name.
fn escaped_byte(rest: &std::str::Bytes<'_>) -> Option<u8> {
    let mut ahead = rest.clone();
    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
    let (high, low) = (digit(ahead.next())?, digit(ahead.next())?);
    u8::try_from(high * 16 + low).ok()
}
