//! One page from HTML to text.

use crate::body::linked_body;
use crate::content::{
    Segments, comments, copied_lines, drop_copies, main_content, marks, segment, shown, unwanted, weight,
};
use crate::html::{NodeId, Tag, Tree, decoded, parse};
use crate::linked::Linked;
use crate::render::render;
use crate::second_opinion::trafilatura_text;
use crate::{Metadata, Method, Options, Origin, Page};

/// Most nodes of a page: what a page of the largest default size has where every eighth byte starts
/// one.
const MAX_NODES: usize = 2_000_000;

/// Why a page was not processed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// The page is larger than [`Options::max_html_bytes`].
    #[error("the page has {bytes} bytes; at most {max} are processed (`max_html_bytes`)")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The bound.
        max: u64,
    },
    /// The page has more elements and runs of text than any page that people read.
    #[error("the page has more than {max} elements and runs of text")]
    TooManyNodes {
        /// The bound.
        max: u64,
    },
    /// The page is nested deeper than the method `trafilatura` can go. Our own methods flatten it.
    #[error("the page is nested {depth} deep; the method `trafilatura` takes at most {max}, `main_content` any depth")]
    TooDeep {
        /// Its depth, at most `Options::max_depth`.
        depth: u64,
        /// The bound.
        max: u64,
    },
}

/// Extracts the text of a page.
///
/// The result depends on the page and the options only. Nesting beyond [`Options::max_depth`] is
/// flattened, as browsers do; nothing of it is lost. Time and memory grow with the page's size,
/// which the options bound: that is the limit on a page's time, and unlike a clock it gives the same
/// answer on every machine.
///
/// # Errors
///
/// [`ExtractError`] where the page breaks a bound.
///
/// ```
/// use textmill_extract::{Options, extract};
///
/// let html = "<title>Bridges</title><nav><a href=/>Home</a> <a href=/a>About</a></nav><article><h1>Bridges</h1>\
///     <p>The old bridge was built by the villagers, stone by stone, and it has stood for two hundred years.</p>\
///     <p>When the river rose in spring, they carried the children across it to the school on the hill.</p></article>";
/// let page = extract(html, &Options::default()).expect("a small page");
/// assert_eq!(page.metadata.title.as_deref(), Some("Bridges"));
/// assert!(page.text.contains("stone by stone") && !page.text.contains("About"));
/// ```
pub fn extract(html: &str, options: &Options) -> Result<Page, ExtractError> {
    extract_from(html, &Origin::default(), options)
}

/// Extracts the text of a page of which is known where it came from, as [`extract`] does.
///
/// # Errors
///
/// [`ExtractError`] where the page breaks a bound.
///
/// ```
/// use textmill_extract::{Options, Origin, extract_from};
///
/// let origin = Origin { url: Some("https://example.org/2024/05/06/bridges"), fetched: Some("2024-05-09T10:00:00Z") };
/// let page = extract_from("<h1>Bridges</h1><p>The old bridge was built by the villagers.", &origin, &Options::default());
/// assert_eq!(page.expect("a small page").metadata.publish_date.as_deref(), Some("2024-05-06"));
/// ```
pub fn extract_from(html: &str, origin: &Origin<'_>, options: &Options) -> Result<Page, ExtractError> {
    let tree = tree(html, options)?;
    let linked = Linked::of(&tree, origin.last_day());
    let metadata = Metadata::of(&tree, &linked, origin);
    let text = match options.method {
        Method::Trafilatura => {
            let depth = tree.ids().map(|id| tree.node(id).depth).max().unwrap_or(0);
            copied_lines(&trafilatura_text(html, depth, options)?)
        }
        Method::FullText => scripted_or_not(&tree, |noscripts| full_text(&tree, noscripts, options)),
        Method::MainContent => {
            let marks = marks(&tree);
            scripted_or_not(&tree, |noscripts| {
                let mut omitted = [marks.as_slice(), noscripts].concat();
                omitted.sort_unstable();
                main_text(&tree, &omitted, options)
            })
        }
    };
    let text = linked.body.and_then(|body| linked_body(&body, &text, options)).unwrap_or(text);
    Ok(Page { text, metadata })
}

/// Text below this weight may be a menu only.
const FEW_UNITS: f32 = 200.0;
/// How many times as much the text for readers without scripts must say to be taken instead.
const RICHER: f32 = 3.0;

/// The text of a page as a browser with scripts shows it, without what `noscript` elements hold; with it where the
/// page says next to nothing else. `text` gives the text without the elements that it is given.
fn scripted_or_not(tree: &Tree<'_>, text: impl Fn(&[NodeId]) -> String) -> String {
    let noscripts: Vec<NodeId> = tree.ids().filter(|id| tree.node(*id).tag == Tag::Noscript).collect();
    let scripted = text(&noscripts);
    let units = weight(&scripted);
    if noscripts.is_empty() || units >= FEW_UNITS {
        return scripted;
    }
    let other = text(&[]);
    if weight(&other) > RICHER * units { other } else { scripted }
}

fn full_text(tree: &Tree<'_>, omitted: &[NodeId], options: &Options) -> String {
    let segments = segment(tree, omitted);
    let title = title(tree);
    let scripts = unwanted(tree, &segments, &title).scripts;
    let mut taken: Vec<bool> = scripts.iter().map(|unwanted| !unwanted).collect();
    if !segments.hidden.is_empty() {
        // What is hidden is only left out where there is other main text.
        let mut main = main_content(&segments, &title);
        leave(&mut main, &taken);
        leave(&mut taken, &shown(&segments, &main));
    }
    render(&segments, &taken, options.format)
}

fn main_text(tree: &Tree<'_>, omitted: &[NodeId], options: &Options) -> String {
    let title = title(tree);
    let segments = segment(tree, omitted);
    let unwanted = unwanted(tree, &segments, &title);
    let text = chosen_text(tree, &segments.without(&unwanted.all), &title, options);
    if text.is_empty() && unwanted.all != unwanted.scripts {
        // A page that is a notice or a list of contents and nothing else.
        let segments = segment(tree, omitted).without(&unwanted.scripts);
        return chosen_text(tree, &segments, &title, options);
    }
    text
}

fn chosen_text(tree: &Tree<'_>, segments: &Segments, title: &str, options: &Options) -> String {
    let mut taken = main_content(segments, title);
    if options.comments {
        taken.iter_mut().zip(comments(segments)).for_each(|(taken, comment)| *taken |= comment);
    }
    if !segments.hidden.is_empty() {
        let shown = shown(segments, &taken);
        leave(&mut taken, &shown);
    }
    drop_copies(tree, segments, &mut taken);
    render(segments, &taken, options.format)
}

/// Takes back from `taken` what is not `kept`.
fn leave(taken: &mut [bool], kept: &[bool]) {
    taken.iter_mut().zip(kept).for_each(|(taken, kept)| *taken &= kept);
}

fn tree<'a>(html: &'a str, options: &Options) -> Result<Tree<'a>, ExtractError> {
    let (bytes, max) = (html.len() as u64, options.max_html_bytes.min(u64::from(u32::MAX)));
    if bytes > max {
        return Err(ExtractError::TooLarge { bytes, max });
    }
    parse(html, options.max_depth, MAX_NODES).ok_or(ExtractError::TooManyNodes { max: MAX_NODES as u64 })
}

/// What the `title` element says.
fn title(tree: &Tree<'_>) -> String {
    let Some(element) = tree.first(Tag::Title) else { return String::new() };
    let raw: String = (element..tree.node(element).end).map(|id| tree.text(id)).collect();
    decoded(&raw).into_owned()
}

/// What the model is trained on: the blocks of a page with their features. For
/// `scripts/make/extract-model`, by way of an example program; no part of the library's promise.
#[doc(hidden)]
pub mod training {
    use super::{Options, Segments, marks, segment, title, tree, unwanted};
    use crate::content::{FEATURES, for_features};

    /// Text, length in units of the model, and features of each block.
    pub fn blocks(html: &str) -> Vec<(String, f32, Vec<f32>)> {
        let Ok(tree) = tree(html, &Options::default()) else { return Vec::new() };
        let title = title(&tree);
        let segments = segment(&tree, &marks(&tree));
        let unwanted = unwanted(&tree, &segments, &title);
        let segments: Segments = segments.without(&unwanted.all);
        let mut rows = Vec::new();
        for_features(&segments, &title, |some| rows.extend_from_slice(some));
        let blocks = segments.blocks.iter().zip(rows.chunks_exact(FEATURES));
        blocks.map(|(block, row)| (segments.text_of(block).to_owned(), block.stats.units(), row.to_vec())).collect()
    }
}
