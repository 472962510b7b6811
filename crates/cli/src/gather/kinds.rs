use serde::Serialize;

/// The kind of a document, by the name of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `README*`.
    Readme,
    /// `CHANGELOG*`, `CHANGES*`, `NEWS*`, `RELEASES*`.
    Changelog,
    /// `LICENSE*`, `LICENCE*`, `COPYING*`, `UNLICENSE*`.
    Licence,
    /// The doc comments of a Rust source file.
    DocComments,
    /// Any other Markdown file.
    Markdown,
    /// Any other plain text file.
    Text,
    /// A page with its markup.
    Html,
}

/// Beginnings of names, in lower case.
const NAMED: &[(&str, Kind)] = &[
    ("readme", Kind::Readme),
    ("changelog", Kind::Changelog),
    ("changes", Kind::Changelog),
    ("news", Kind::Changelog),
    ("releases", Kind::Changelog),
    ("license", Kind::Licence),
    ("licence", Kind::Licence),
    ("copying", Kind::Licence),
    ("unlicense", Kind::Licence),
];

const MARKDOWN: &[&str] = &["md", "markdown"];
const TEXT: &[&str] = &["txt", "rst", "adoc", "org"];
const HTML: &[&str] = &["html", "htm"];

impl Kind {
    /// The name used in ids and in the `kind` field.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Readme => "readme",
            Self::Changelog => "changelog",
            Self::Licence => "licence",
            Self::DocComments => "doc_comments",
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Html => "html",
        }
    }

    /// The media type of the file at `path`, for the field `content_type`: what stands in a Markdown file is text for
    /// `extract`, even where it begins with tags.
    pub fn content_type(self, path: &str) -> &'static str {
        let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match self {
            Self::Html => "text/html",
            Self::DocComments | Self::Markdown => "text/markdown",
            _ if extension.is_some_and(|extension| MARKDOWN.contains(&extension.as_str())) => "text/markdown",
            _ => "text/plain",
        }
    }

    /// [`Kind::Html`] for the name of a page; `None` for all other files.
    pub fn of_page(file_name: &str) -> Option<Self> {
        let extension = file_name.rsplit_once('.')?.1.to_ascii_lowercase();
        HTML.contains(&extension.as_str()).then_some(Self::Html)
    }

    /// The kind of text in the file of this name; `None` for files of no interest.
    pub fn of(file_name: &str) -> Option<Self> {
        let extension = file_name.rsplit_once('.').map(|(_, extension)| extension);
        if extension == Some("rs") {
            return Some(Self::DocComments);
        }
        if extension.is_none_or(is_prose) {
            let lower = file_name.to_ascii_lowercase();
            let named = NAMED.iter().find(|(prefix, _)| begins_with_word(&lower, prefix));
            if let Some((_, kind)) = named {
                return Some(*kind);
            }
        }
        let extension = extension?.to_ascii_lowercase();
        if MARKDOWN.contains(&extension.as_str()) {
            return Some(Self::Markdown);
        }
        (extension == "txt").then_some(Self::Text)
    }
}

/// Whether a named file with this extension is prose: Markdown, text, or part of a licence's name
/// (`LICENSE.MIT`, `LICENSE-APACHE-2.0`). Licences in JSON or HTML are not.
fn is_prose(extension: &str) -> bool {
    let lower = extension.to_ascii_lowercase();
    MARKDOWN.contains(&lower.as_str())
        || TEXT.contains(&lower.as_str())
        || extension.bytes().any(|byte| byte.is_ascii_uppercase())
        || extension.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `name` is `prefix`, or goes on with something that is no letter: `changes.md` begins
/// with `changes`, `changeset.md` and `newsletter.md` do not begin with a known word.
fn begins_with_word(name: &str, prefix: &str) -> bool {
    let rest = name.strip_prefix(prefix);
    rest.is_some_and(|rest| !rest.starts_with(|character: char| character.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn files_are_known_by_their_names() {
        let cases = [
            ("README.md", Some(Kind::Readme)),
            ("readme", Some(Kind::Readme)),
            ("README-zh_CN.md", Some(Kind::Readme)),
            ("CHANGELOG.md", Some(Kind::Changelog)),
            ("CHANGES", Some(Kind::Changelog)),
            ("NEWS.rst", Some(Kind::Changelog)),
            ("LICENSE-MIT", Some(Kind::Licence)),
            ("LICENSE-APACHE-2.0", Some(Kind::Licence)),
            ("LICENCE.txt", Some(Kind::Licence)),
            ("LICENSE.MIT", Some(Kind::Licence)),
            ("UNLICENSE", Some(Kind::Licence)),
            ("COPYING", Some(Kind::Licence)),
            ("lib.rs", Some(Kind::DocComments)),
            ("readme.rs", Some(Kind::DocComments)),
            ("guide.md", Some(Kind::Markdown)),
            ("newsletter.md", Some(Kind::Markdown)),
            ("notes.txt", Some(Kind::Text)),
            ("licenses.json", None),
            ("license.html", None),
            ("Cargo.toml", None),
            ("Makefile", None),
            ("", None),
        ];
        for (name, kind) in cases {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn pages_are_known_by_their_endings() {
        for (name, page) in
            [("a.html", true), ("A.HTM", true), ("a.html.md", false), ("html", false), ("a.xhtml", false)]
        {
            assert_eq!(Kind::of_page(name), page.then_some(Kind::Html), "{name}");
        }
    }

    #[test]
    fn the_media_type_follows_the_ending() {
        assert_eq!(Kind::Readme.content_type("docs/README.MD"), "text/markdown");
        assert_eq!(Kind::Readme.content_type("README"), "text/plain");
        assert_eq!(Kind::Licence.content_type("LICENSE-APACHE-2.0"), "text/plain");
        assert_eq!(Kind::DocComments.content_type("src/lib.rs"), "text/markdown");
        assert_eq!(Kind::Html.content_type("index.html"), "text/html");
    }
}
