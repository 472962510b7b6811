//! The crate `trafilatura`, for comparison and as a second opinion.

use crate::{ExtractError, Options};

/// Deepest nesting that is handed over. The crate walks trees by recursion, within the stack of any
/// thread up to this depth.
const MAX_DEPTH: u16 = 512;

/// Main text as `trafilatura` with its fallback finds it, empty where it finds none.
pub(crate) fn trafilatura_text(html: &str, depth: u16, options: &Options) -> Result<String, ExtractError> {
    if depth > MAX_DEPTH {
        return Err(ExtractError::TooDeep { depth: u64::from(depth), max: u64::from(MAX_DEPTH) });
    }
    let settings = trafilatura::Options::default().with_fallback(true).with_exclude_comments(!options.comments);
    match trafilatura::extract(html, &settings) {
        Ok(found) if options.comments && !found.comments_text.is_empty() => {
            Ok(format!("{}\n{}", found.content_text, found.comments_text))
        }
        Ok(found) => Ok(found.content_text),
        // Too little text and the like: the page has no main text.
        Err(_) => Ok(String::new()),
    }
}
