//! The elements that parsing and segmentation know by name.

/// A tag name as a number: up to 16 bytes, lower case. Longer names are no known tag.
pub(crate) const fn key(name: &[u8]) -> u128 {
    let mut value = 0;
    let mut at = 0;
    while at < name.len() {
        value = (value << 8) | name[at].to_ascii_lowercase() as u128;
        at += 1;
    }
    value
}

macro_rules! tags {
    ($($variant:ident $name:literal,)*) => {
        /// An element's name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub(crate) enum Tag { $(#[doc = $name] $variant,)* /** Any other name. */ Unknown, /** Character data. */ Text }

        impl Tag {
            /// The element that `name` names, in any case.
            #[allow(non_upper_case_globals, reason = "one constant a variant, for the match")]
            pub(crate) fn of_name(name: &[u8]) -> Self {
                $(const $variant: u128 = key($name.as_bytes());)*
                if name.len() > 16 {
                    return Self::Unknown;
                }
                match key(name) {
                    $($variant => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

tags! {
    A "a", Abbr "abbr", Address "address", Annotation "annotation", AnnotationXml "annotation-xml", Applet "applet", Area "area", Article "article",
    Aside "aside", Audio "audio", B "b", Base "base", Big "big", Blockquote "blockquote", Body "body", Br "br",
    Button "button", Canvas "canvas", Caption "caption", Center "center", Cite "cite", Code "code", Col "col",
    Colgroup "colgroup", Datalist "datalist", Dd "dd", Del "del", Details "details", Dfn "dfn", Dialog "dialog",
    Dir "dir", Div "div", Dl "dl", Dt "dt", Em "em", Embed "embed", Fieldset "fieldset", Figcaption "figcaption",
    Figure "figure", Font "font", Footer "footer", ForeignObject "foreignobject", Form "form", Frame "frame",
    Frameset "frameset", H1 "h1", H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6", Head "head", Header "header",
    Hgroup "hgroup", Hr "hr", Html "html", I "i", Iframe "iframe", Img "img", Input "input", Ins "ins", Kbd "kbd",
    Label "label", Legend "legend", Li "li", Link "link", Main "main", Map "map", Mark "mark", Math "math",
    Menu "menu", Meta "meta", Meter "meter", Mfenced "mfenced", Mfrac "mfrac", Mi "mi", Mn "mn", Mo "mo", Mover "mover",
    Mphantom "mphantom", Mroot "mroot", Ms "ms", Mspace "mspace", Msqrt "msqrt", Msub "msub", Msubsup "msubsup", Msup "msup",
    Mtable "mtable", Mtext "mtext", Munder "munder", Munderover "munderover", Nav "nav", Nobr "nobr", Noembed "noembed", Noframes "noframes",
    Noscript "noscript", Object "object", Ol "ol", Optgroup "optgroup", Option "option", Output "output", P "p",
    Param "param", Picture "picture", Plaintext "plaintext", Pre "pre", Progress "progress", Q "q", Rp "rp", Rt "rt",
    Ruby "ruby", S "s", Samp "samp", Script "script", Search "search", Section "section", Select "select",
    Semantics "semantics", Small "small", Source "source", Span "span", Strike "strike", Strong "strong",
    Style "style", Sub "sub", Summary "summary", Sup "sup", Svg "svg", Table "table", Tbody "tbody", Td "td",
    Template "template", Textarea "textarea", Tfoot "tfoot", Th "th", Thead "thead", Time "time", Title "title",
    Tr "tr", Track "track", Tt "tt", U "u", Ul "ul", Var "var", Video "video", Wbr "wbr",
}

impl Tag {
    /// Has no content and no end tag.
    pub(crate) fn is_void(self) -> bool {
        use Tag::{Area, Base, Br, Col, Embed, Frame, Hr, Img, Input, Link, Meta, Param, Source, Track, Wbr};
        matches!(
            self,
            Area | Base | Br | Col | Embed | Frame | Hr | Img | Input | Link | Meta | Param | Source | Track | Wbr
        )
    }

    /// The content is characters up to the end tag, whatever they look like.
    pub(crate) fn is_raw_text(self) -> bool {
        use Tag::{Iframe, Noembed, Noframes, Script, Style, Textarea, Title};
        matches!(self, Script | Style | Textarea | Title | Iframe | Noembed | Noframes)
    }

    /// Headings `h1` to `h6`: the level, else 0.
    pub(crate) fn heading_level(self) -> u8 {
        match self {
            Self::H1 => 1,
            Self::H2 => 2,
            Self::H3 => 3,
            Self::H4 => 4,
            Self::H5 => 5,
            Self::H6 => 6,
            _ => 0,
        }
    }

    /// Starts a line of its own when rendered.
    pub(crate) fn is_block(self) -> bool {
        use Tag::{
            Address, Article, Aside, Blockquote, Body, Button, Caption, Center, Dd, Details, Dialog, Dir, Div, Dl, Dt,
            Fieldset, Figcaption, Figure, Footer, Form, Frameset, Header, Hgroup, Hr, Html, Legend, Li, Main, Menu,
            Nav, Ol, Optgroup, Option, P, Plaintext, Pre, Search, Section, Select, Summary, Table, Tbody, Td, Tfoot,
            Th, Thead, Tr, Ul,
        };
        self.heading_level() > 0
            || matches!(
                self,
                Address
                    | Article
                    | Aside
                    | Blockquote
                    | Body
                    | Button
                    | Caption
                    | Center
                    | Dd
                    | Details
                    | Dialog
                    | Dir
                    | Div
                    | Dl
                    | Dt
                    | Fieldset
                    | Figcaption
                    | Figure
                    | Footer
                    | Form
                    | Frameset
                    | Header
                    | Hgroup
                    | Hr
                    | Html
                    | Legend
                    | Li
                    | Main
                    | Menu
                    | Nav
                    | Ol
                    | Optgroup
                    | Option
                    | P
                    | Plaintext
                    | Pre
                    | Search
                    | Section
                    | Select
                    | Summary
                    | Table
                    | Tbody
                    | Td
                    | Tfoot
                    | Th
                    | Thead
                    | Tr
                    | Ul
            )
    }

    /// A start tag that ends an open paragraph.
    pub(crate) fn closes_p(self) -> bool {
        use Tag::{Body, Button, Caption, Html, Legend, Option, Select, Tbody, Td, Tfoot, Th, Thead, Tr};
        self.is_block()
            && !matches!(
                self,
                Body | Button | Caption | Html | Legend | Option | Select | Tbody | Td | Tfoot | Th | Thead | Tr
            )
    }

    /// An element that end tags of formatting elements do not reach across.
    pub(crate) fn is_special(self) -> bool {
        use Tag::{Applet, Iframe, Object, Svg, Template};
        self.is_block() || matches!(self, Applet | Iframe | Object | Svg | Template)
    }

    /// An element that implied end tags do not reach across.
    pub(crate) fn is_scope(self) -> bool {
        use Tag::{Applet, Caption, ForeignObject, Html, Object, Table, Td, Template, Th};
        matches!(self, Applet | Caption | ForeignObject | Html | Object | Table | Td | Template | Th)
    }

    /// May stand in `head` without ending it.
    pub(crate) fn is_head_content(self) -> bool {
        use Tag::{Base, Link, Meta, Noscript, Script, Style, Template, Title};
        matches!(self, Base | Link | Meta | Noscript | Script | Style | Template | Title)
    }

    /// Holds nothing that a reader sees as text.
    pub(crate) fn is_invisible(self) -> bool {
        use Tag::{
            Applet, Audio, Canvas, Datalist, Embed, Head, Iframe, Noembed, Noframes, Object, Script, Select, Style,
            Svg, Template, Textarea, Title, Video,
        };
        matches!(
            self,
            Applet
                | Audio
                | Canvas
                | Datalist
                | Embed
                | Head
                | Iframe
                | Noembed
                | Noframes
                | Object
                | Script
                | Select
                | Style
                | Svg
                | Template
                | Textarea
                | Title
                | Video
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case() {
        for (name, tag) in [
            ("DiV", Tag::Div),
            ("h6", Tag::H6),
            ("BLOCKQUOTE", Tag::Blockquote),
            ("foreignObject", Tag::ForeignObject),
            ("x-card", Tag::Unknown),
            ("divdivdivdivdivdiv", Tag::Unknown),
            ("", Tag::Unknown),
        ] {
            assert_eq!(Tag::of_name(name.as_bytes()), tag, "{name}");
        }
    }
}
