//! Any bytes as a page: decoded and extracted by every method of our own.

#![no_main]

use libfuzzer_sys::fuzz_target;
use textmill_extract::{Method, Options, TextFormat, decode, extract};

fuzz_target!(|bytes: &[u8]| {
    let page = decode(bytes, None, Some("cn"));
    for (method, format) in [
        (Method::MainContent, TextFormat::Text),
        (Method::MainContent, TextFormat::Markdown),
        (Method::FullText, TextFormat::Markdown),
    ] {
        let options = Options { method, format, comments: true, ..Options::default() };
        let found = extract(&page.text, &options).expect("a small page breaks no bound");
        assert!(found.text.len() <= 64 + 16 * page.text.len(), "the text is much longer than the page");
    }
});
