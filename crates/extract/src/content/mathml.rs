//! `MathML` to TeX: of pages that give no TeX source of a formula.
//!
//! The layout elements that change the meaning are written as TeX; spacing and style are not.

use crate::html::{NodeId, Tag, Tree, attribute_value, decoded};

/// Nesting from which the characters alone are written.
const MAX_NESTING: usize = 48;

/// The formula in `first..end` as TeX.
pub(crate) fn to_tex(tree: &Tree<'_>, first: NodeId, end: NodeId) -> String {
    let mut tex = String::new();
    row(tree, first, end, 0, &mut tex);
    let words: Vec<&str> = tex.split_whitespace().collect();
    words.join(" ")
}

/// The children of an element: each with its end.
fn children<'t>(tree: &'t Tree<'_>, first: NodeId, end: NodeId) -> impl Iterator<Item = NodeId> + 't {
    let mut at = first;
    std::iter::from_fn(move || {
        while at < end {
            let id = at;
            let node = tree.node(id);
            at = node.end.max(at + 1);
            if node.tag != Tag::Text || !tree.text(id).trim().is_empty() {
                return Some(id);
            }
        }
        None
    })
}

fn row(tree: &Tree<'_>, first: NodeId, end: NodeId, nesting: usize, tex: &mut String) {
    for id in children(tree, first, end) {
        element(tree, id, nesting, tex);
    }
}

fn element(tree: &Tree<'_>, id: NodeId, nesting: usize, tex: &mut String) {
    let node = *tree.node(id);
    let inner = id + 1..node.end;
    if nesting > MAX_NESTING {
        inner.chain([id]).for_each(|at| characters(tree.text(at), tex));
        return;
    }
    let parts: Vec<NodeId> = match node.tag {
        Tag::Mfrac | Tag::Msup | Tag::Msub | Tag::Msubsup | Tag::Mroot | Tag::Munder | Tag::Mover | Tag::Munderover => {
            children(tree, inner.start, inner.end).take(3).collect()
        }
        _ => Vec::new(),
    };
    let part = |at: usize| {
        let mut tex = String::new();
        if let Some(id) = parts.get(at) {
            element(tree, *id, nesting + 1, &mut tex);
        }
        tex.trim().to_owned()
    };
    match node.tag {
        Tag::Text => characters(tree.text(id), tex),
        Tag::Annotation | Tag::AnnotationXml | Tag::Mphantom => {}
        Tag::Mspace => tex.push(' '),
        Tag::Mtext | Tag::Ms => text(tree, inner.start, inner.end, tex),
        Tag::Mi => identifier(tree, inner.start, inner.end, tex),
        Tag::Mfrac => tex.push_str(&format!("\\frac{{{}}}{{{}}}", part(0), part(1))),
        Tag::Msup => scripts(tex, &part(0), "", &part(1)),
        Tag::Msub => scripts(tex, &part(0), &part(1), ""),
        Tag::Msubsup | Tag::Munderover => scripts(tex, &part(0), &part(1), &part(2)),
        Tag::Munder => scripts(tex, &part(0), &part(1), ""),
        Tag::Mover => over(tex, &part(0), &part(1)),
        Tag::Mroot => tex.push_str(&format!("\\sqrt[{}]{{{}}}", part(1), part(0))),
        Tag::Msqrt => {
            tex.push_str("\\sqrt{");
            row(tree, inner.start, inner.end, nesting + 1, tex);
            tex.push('}');
        }
        Tag::Mfenced => fenced(tree, id, nesting, tex),
        Tag::Mtable => table(tree, id, nesting, tex),
        _ => row(tree, inner.start, inner.end, nesting + 1, tex),
    }
}

/// A base with what is below and above it.
fn scripts(tex: &mut String, base: &str, below: &str, above: &str) {
    let whole = base.chars().count() <= 1 || (base.starts_with('\\') && base.bytes().skip(1).all(is_letter));
    tex.push_str(&if whole { base.to_owned() } else { format!("{{{base}}}") });
    for (mark, script) in [('_', below), ('^', above)] {
        if !script.is_empty() {
            tex.push(mark);
            let alone = script.chars().count() == 1;
            tex.push_str(&if alone { script.to_owned() } else { format!("{{{script}}}") });
        }
    }
    tex.push(' ');
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

/// A base under an accent or another formula.
fn over(tex: &mut String, base: &str, above: &str) {
    let accent = match above {
        "¯" | "‾" | "_" | "―" | "\u{304}" => "\\overline",
        "^" | "\\hat" | "ˆ" | "\u{302}" => "\\hat",
        "~" | "˜" | "∼" | "\\sim" | "\u{303}" => "\\tilde",
        "→" | "⃗" | "\\to" => "\\vec",
        "." | "˙" => "\\dot",
        "¨" | ".." => "\\ddot",
        "⏞" => "\\overbrace",
        _ => return scripts(tex, base, "", above),
    };
    tex.push_str(&format!("{accent}{{{base}}}"));
}

/// Letters in a row are a function's name or a word.
fn identifier(tree: &Tree<'_>, first: NodeId, end: NodeId, tex: &mut String) {
    const FUNCTIONS: [&str; 19] = [
        "sin", "cos", "tan", "cot", "sec", "csc", "log", "ln", "exp", "lim", "max", "min", "sup", "inf", "det", "gcd",
        "arg", "ker", "dim",
    ];
    let raw: String = (first..end).map(|at| tree.text(at)).collect();
    let name = decoded(raw.trim()).into_owned();
    if FUNCTIONS.contains(&name.as_str()) {
        tex.push_str(&format!("\\{name} "));
    } else if name.len() > 1 && name.bytes().all(is_letter) {
        tex.push_str(&format!("\\mathrm{{{name}}}"));
    } else {
        characters(&raw, tex);
    }
}

fn text(tree: &Tree<'_>, first: NodeId, end: NodeId, tex: &mut String) {
    let raw: String = (first..end).map(|at| tree.text(at)).collect();
    let decoded = decoded(&raw);
    if !decoded.trim().is_empty() {
        tex.push_str(&format!("\\text{{{decoded}}}"));
    }
}

fn fenced(tree: &Tree<'_>, id: NodeId, nesting: usize, tex: &mut String) {
    let mark = |name: &str, usual: &str| attribute_value(tree.attribute(id, name).unwrap_or(usual)).into_owned();
    tex.push_str(&mark("open", "("));
    let comma = mark("separators", ",");
    let comma: String = comma.trim().chars().take(1).collect();
    for (number, part) in children(tree, id + 1, tree.node(id).end).enumerate() {
        tex.push_str(if number > 0 { &comma } else { "" });
        element(tree, part, nesting + 1, tex);
    }
    tex.push_str(&mark("close", ")"));
}

fn table(tree: &Tree<'_>, id: NodeId, nesting: usize, tex: &mut String) {
    tex.push_str("\\begin{matrix}");
    for (number, line) in children(tree, id + 1, tree.node(id).end).enumerate() {
        tex.push_str(if number > 0 { " \\\\ " } else { " " });
        for (number, cell) in children(tree, line + 1, tree.node(line).end).enumerate() {
            tex.push_str(if number > 0 { " & " } else { "" });
            element(tree, cell, nesting + 1, tex);
        }
    }
    tex.push_str(" \\end{matrix}");
}

/// Characters of a formula: those with a name in TeX by their name, Greek letters as they are.
fn characters(raw: &str, tex: &mut String) {
    for char in decoded(raw.trim()).chars() {
        let name = match char {
            // Invisible times, function application, separators, joiners.
            '\u{2061}'..='\u{2064}' | '\u{200b}'..='\u{200f}' => continue,
            '\u{a0}' => " ",
            '−' => "-",
            '∑' => "\\sum ",
            '∏' => "\\prod ",
            '∫' => "\\int ",
            '∞' => "\\infty ",
            '≤' => "\\le ",
            '≥' => "\\ge ",
            '≠' => "\\ne ",
            '±' => "\\pm ",
            '×' => "\\times ",
            '⋅' | '·' => "\\cdot ",
            '∈' => "\\in ",
            '→' => "\\to ",
            '∂' => "\\partial ",
            '∇' => "\\nabla ",
            '√' => "\\sqrt ",
            '{' => "\\{",
            '}' => "\\}",
            '%' => "\\%",
            '#' => "\\#",
            '&' => "\\&",
            _ => {
                tex.push(char);
                continue;
            }
        };
        tex.push_str(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::parse;

    fn tex(html: &str) -> String {
        let tree = parse(html, 512, 1000).expect("a small page");
        to_tex(&tree, 1, tree.ids().end)
    }

    #[test]
    fn layout_becomes_tex() {
        for (html, right) in [
            ("<math><mi>π</mi><msup><mi>r</mi><mn>2</mn></msup></math>", "πr^2"),
            ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "\\frac{1}{2}"),
            ("<math><msub><mi>x</mi><mrow><mi>i</mi><mo>+</mo><mn>1</mn></mrow></msub></math>", "x_{i+1}"),
            (
                "<math><msqrt><mn>2</mn><mi>x</mi></msqrt><mroot><mi>y</mi><mn>3</mn></mroot></math>",
                "\\sqrt{2x}\\sqrt[3]{y}",
            ),
            ("<math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>i</mi></math>", "\\sum_i^n i"),
            ("<math><mover><mi>x</mi><mo>¯</mo></mover><mi>sin</mi><mi>x</mi></math>", "\\overline{x}\\sin x"),
            ("<math><msup><mrow><mi>a</mi><mi>b</mi></mrow><mn>10</mn></msup></math>", "{ab}^{10}"),
            (
                "<math><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd></mtr></mtable></math>",
                "\\begin{matrix} 1 & 0 \\\\ 0 \\end{matrix}",
            ),
            ("<math><mfenced><mi>a</mi><mi>b</mi></mfenced></math>", "(a,b)"),
            ("<math><mfrac></mfrac><msup></math>", "\\frac{}{}"),
        ] {
            assert_eq!(tex(html), right, "{html}");
        }
    }

    #[test]
    fn deep_formulas_keep_their_characters() {
        let html = format!("<math>{}<mi>x</mi></math>", "<mrow>".repeat(400));
        assert_eq!(tex(&html), "x");
    }
}
