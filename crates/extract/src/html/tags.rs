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
    Colgroup "colgroup", Datalist "datalist", Dd "dd", Del "del", Desc "desc", Details "details", Dfn "dfn", Dialog "dialog",
    Dir "dir", Div "div", Dl "dl", Dt "dt", Em "em", Embed "embed", Fieldset "fieldset", Figcaption "figcaption",
    Figure "figure", Font "font", Footer "footer", ForeignObject "foreignobject", Form "form", Frame "frame",
    Frameset "frameset", H1 "h1", H2 "h2", H3 "h3", H4 "h4", H5 "h5", H6 "h6", Head "head", Header "header",
    Hgroup "hgroup", Hr "hr", Html "html", I "i", Iframe "iframe", Img "img", Input "input", Ins "ins", Kbd "kbd",
    Label "label", Legend "legend", Li "li", Link "link", Listing "listing", Main "main", Map "map", Mark "mark", Math "math",
    Menu "menu", Meta "meta", Meter "meter", Mfenced "mfenced", Mfrac "mfrac", Mi "mi", Mn "mn", Mo "mo", Mover "mover",
    Mphantom "mphantom", Mroot "mroot", Ms "ms", Mspace "mspace", Msqrt "msqrt", Msub "msub", Msubsup "msubsup", Msup "msup",
    Mtable "mtable", Mtext "mtext", Munder "munder", Munderover "munderover", Nav "nav", Nobr "nobr", Noembed "noembed", Noframes "noframes",
    Noscript "noscript", Object "object", Ol "ol", Optgroup "optgroup", Option "option", Output "output", P "p",
    Param "param", Picture "picture", Plaintext "plaintext", Pre "pre", Progress "progress", Q "q", Rp "rp", Rt "rt",
    Ruby "ruby", S "s", Samp "samp", Script "script", Search "search", Section "section", Select "select",
    Semantics "semantics", Small "small", Source "source", Span "span", Strike "strike", Strong "strong",
    Style "style", Sub "sub", Summary "summary", Sup "sup", Svg "svg", SvgText "text", Table "table", Tbody "tbody", Td "td",
    Template "template", Textarea "textarea", Tfoot "tfoot", Th "th", Thead "thead", Time "time", Title "title",
    Tr "tr", Track "track", Tt "tt", U "u", Ul "ul", Var "var", Video "video", Wbr "wbr", Xmp "xmp",
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
        use Tag::{Iframe, Noembed, Noframes, Script, Style, Textarea, Title, Xmp};
        matches!(self, Script | Style | Textarea | Title | Iframe | Noembed | Noframes | Xmp)
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
            Fieldset, Figcaption, Figure, Footer, Form, Frameset, Header, Hgroup, Hr, Html, Legend, Li, Listing, Main,
            Menu, Nav, Ol, Optgroup, Option, P, Plaintext, Pre, Search, Section, Select, Summary, Table, Tbody, Td,
            Tfoot, Th, Thead, Tr, Ul, Xmp,
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
                    | Listing
                    | Xmp
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

    /// An element of the standard's category "special": end tags of other elements do not reach across it.
    pub(crate) fn is_special(self) -> bool {
        use Tag::{
            AnnotationXml, Applet, Desc, Dialog, ForeignObject, Iframe, Legend, Mi, Mn, Mo, Ms, Mtext, Noscript,
            Object, Optgroup, Option, Template,
        };
        match self {
            // Blocks as they are shown, which the standard's parser takes for any other element.
            Option | Optgroup | Legend | Dialog => false,
            Applet | Iframe | Object | Template | Noscript | ForeignObject | Desc | Mi | Mn | Mo | Ms | Mtext
            | AnnotationXml => true,
            _ => self.is_block(),
        }
    }

    /// An element that implied end tags do not reach across.
    pub(crate) fn is_scope(self) -> bool {
        use Tag::{
            AnnotationXml, Applet, Caption, Desc, ForeignObject, Html, Mi, Mn, Mo, Ms, Mtext, Object, Table, Td,
            Template, Th,
        };
        matches!(
            self,
            Applet
                | Caption
                | Html
                | Object
                | Table
                | Td
                | Template
                | Th
                | ForeignObject
                | Desc
                | Mi
                | Mn
                | Mo
                | Ms
                | Mtext
                | AnnotationXml
        )
    }

    /// A start tag that ends SVG and `MathML`, because it is of HTML only.
    pub(crate) fn leaves_foreign(self) -> bool {
        use Tag::{
            B, Big, Blockquote, Body, Br, Center, Code, Dd, Div, Dl, Dt, Em, Embed, Head, Hr, I, Img, Li, Listing,
            Menu, Meta, Nobr, Ol, P, Pre, Ruby, S, Small, Span, Strike, Strong, Sub, Sup, Table, Tt, U, Ul, Var,
        };
        self.heading_level() > 0
            || matches!(
                self,
                B | Big
                    | Blockquote
                    | Body
                    | Br
                    | Center
                    | Code
                    | Dd
                    | Div
                    | Dl
                    | Dt
                    | Em
                    | Embed
                    | Head
                    | Hr
                    | I
                    | Img
                    | Li
                    | Listing
                    | Menu
                    | Meta
                    | Nobr
                    | Ol
                    | P
                    | Pre
                    | Ruby
                    | S
                    | Small
                    | Span
                    | Strike
                    | Strong
                    | Sub
                    | Sup
                    | Table
                    | Tt
                    | U
                    | Ul
                    | Var
            )
    }

    /// What an element with this name is in SVG and `MathML`.
    pub(crate) fn in_foreign(self) -> Self {
        use Tag::{
            A, Annotation, AnnotationXml, Desc, ForeignObject, Math, Mfenced, Mfrac, Mi, Mn, Mo, Mover, Mphantom,
            Mroot, Ms, Mspace, Msqrt, Msub, Msubsup, Msup, Mtable, Mtext, Munder, Munderover, Script, Semantics, Style,
            Svg, SvgText, Title, Unknown,
        };
        match self {
            // The one that is shown when the pointer rests on a shape; HTML stands in it as in a description.
            Title => Desc,
            A | Annotation | AnnotationXml | Desc | ForeignObject | Math | Mfenced | Mfrac | Mi | Mn | Mo | Mover
            | Mphantom | Mroot | Ms | Mspace | Msqrt | Msub | Msubsup | Msup | Mtable | Mtext | Munder | Munderover
            | Script | Semantics | Style | Svg | SvgText => self,
            _ => Unknown,
        }
    }

    /// A start tag behind which a `frameset` means nothing.
    pub(crate) fn forbids_frames(self) -> bool {
        use Tag::{
            Applet, Area, Body, Br, Button, Dd, Dt, Embed, Hr, Iframe, Img, Li, Listing, Object, Plaintext, Pre,
            Select, Table, Textarea, Wbr, Xmp,
        };
        matches!(
            self,
            Applet
                | Area
                | Body
                | Br
                | Button
                | Dd
                | Dt
                | Embed
                | Hr
                | Iframe
                | Img
                | Li
                | Listing
                | Object
                | Plaintext
                | Pre
                | Select
                | Table
                | Textarea
                | Wbr
                | Xmp
        )
    }

    /// A part of the structure of a table, that a start tag opens.
    pub(crate) fn is_table_part(self) -> bool {
        use Tag::{Caption, Col, Colgroup, Tbody, Td, Tfoot, Th, Thead, Tr};
        matches!(self, Caption | Col | Colgroup | Tbody | Td | Tfoot | Th | Thead | Tr)
    }

    /// An element in which a table's other elements stand, and no text.
    pub(crate) fn holds_table_parts(self) -> bool {
        use Tag::{Table, Tbody, Tfoot, Thead, Tr};
        matches!(self, Table | Tbody | Tfoot | Thead | Tr)
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
