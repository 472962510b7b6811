//! One page from HTML to text.

use crate::content::{Segments, comments, main_content, segment, shown};
use crate::html::{Tag, Tree, decoded, parse};
use crate::render::render;
use crate::second_opinion::trafilatura_text;
use crate::{Metadata, Method, Options, Page};

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
    let tree = tree(html, options)?;
    let metadata = Metadata::of(&tree);
    let text = match options.method {
        Method::Trafilatura => {
            let depth = tree.ids().map(|id| tree.node(id).depth).max().unwrap_or(0);
            trafilatura_text(html, depth, options)?
        }
        Method::FullText => {
            let segments = segment(&tree);
            // What is hidden is only left out where there is other main text.
            let taken = if segments.hidden.is_empty() {
                vec![true; segments.blocks.len()]
            } else {
                shown(&segments, &main_content(&segments, &title(&tree)))
            };
            render(&segments, &taken, options.format)
        }
        Method::MainContent => main_text(&tree, options),
    };
    Ok(Page { text, metadata })
}

fn main_text(tree: &Tree<'_>, options: &Options) -> String {
    let segments = segment(tree);
    let mut taken = main_content(&segments, &title(tree));
    if options.comments {
        taken.iter_mut().zip(comments(&segments)).for_each(|(taken, comment)| *taken |= comment);
    }
    if !segments.hidden.is_empty() {
        let shown = shown(&segments, &taken);
        taken.iter_mut().zip(shown).for_each(|(taken, shown)| *taken &= shown);
    }
    render(&segments, &taken, options.format)
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
/// `scripts/train-extract-model`, by way of an example program; no part of the library's promise.
#[doc(hidden)]
pub mod training {
    use super::{Options, Segments, segment, title, tree};
    use crate::content::{FEATURES, for_features};

    /// Text, length in units of the model, and features of each block.
    pub fn blocks(html: &str) -> Vec<(String, f32, Vec<f32>)> {
        let Ok(tree) = tree(html, &Options::default()) else { return Vec::new() };
        let segments: Segments = segment(&tree);
        let mut rows = Vec::new();
        for_features(&segments, &title(&tree), |some| rows.extend_from_slice(some));
        let blocks = segments.blocks.iter().zip(rows.chunks_exact(FEATURES));
        blocks.map(|(block, row)| (segments.text_of(block).to_owned(), block.stats.units(), row.to_vec())).collect()
    }
}
