//! What is around the text of wikis and documentation: lists of contents, category lines, notes that point to
//! other pages, boxes of maintenance.

use super::places::Places;
use crate::html::Tag;
use crate::names;

/// What a list of categories begins with, lower case.
#[rustfmt::skip]
const CATEGORIES: &[&str] = &[
    "category", "categories", "hidden categories", "hidden category", "filed under", "kategorie", "kategorien",
    "catégorie", "catégories", "categoría", "categorías", "categoria", "categorias", "categorie", "kategoria",
    "категории", "категория", "категорії", "kategoriler", "kategori", "kategorier", "luokat", "分类", "分類", "隐藏分类",
    "カテゴリ", "カテゴリー", "분류", "thể loại",
];
/// How notes that point to other pages begin, lower case.
#[rustfmt::skip]
const HATNOTES: &[&str] = &[
    "for other uses", "for the ", "for a ", "this article is about", "this page is about", "not to be confused with",
    "main article:", "main articles:", "main page:", "see also:", "further information:", "\"", "redirects here",
    "hauptartikel:", "dieser artikel ", "pour les articles homonymes", "article détaillé", "articles détaillés",
    "cet article concerne", "ne doit pas être confondu", "para otros usos", "artículo principal", "este artículo",
    "no debe confundirse", "voce principale", "disambiguazione", "artigo principal", "nota:", "hoofdartikel",
    "zie ook", "основная статья", "у этого термина", "не следует путать", "主条目", "主條目", "本文介绍的是", "本文介紹", "关于", "關於",
    "此條目", "此条目", "この項目では", "詳細は", "「", "다른 뜻", "이 문서는", "본문:",
];
/// Longest note or box, in letters.
const MAX_NOTE_UNITS: f32 = 700.0;
/// Share of a list of contents that is in links.
const MIN_LINKS: f32 = 0.7;
/// Elements of all candidates together that are looked at for the targets of their links.
const MAX_STEPS: u32 = 1_000_000;

/// Marks the blocks of the apparatus in `unwanted`.
pub(super) fn apparatus(places: &Places<'_, '_>, unwanted: &mut [bool]) {
    let mut steps = 0;
    for at in 1..places.segments.containers.len() {
        let blocks = places.blocks(at);
        if blocks.is_empty() || unwanted.get(blocks.start) != Some(&false) {
            continue;
        }
        if is_part(places, at, &mut steps) {
            unwanted.iter_mut().take(blocks.end).skip(blocks.start).for_each(|flag| *flag = true);
            take_heading(places, blocks.start, unwanted);
        }
    }
}

fn is_part(places: &Places<'_, '_>, at: usize, steps: &mut u32) -> bool {
    let Some(container) = places.segments.containers.get(at) else { return false };
    if matches!(container.tag, Tag::Html | Tag::Body | Tag::Main | Tag::Article | Tag::H1) {
        return false;
    }
    let links = places.link_share(at);
    if container.units > MAX_NOTE_UNITS && links < 0.5 {
        // Too long for a note and none of the lists of links: what it is called does not matter.
        return false;
    }

    let kinds = places.kinds(at);
    if kinds & names::APPARATUS != 0 && (container.units <= MAX_NOTE_UNITS || links >= 0.5) {
        return true;
    }
    if kinds & names::NOTE != 0
        && container.units <= MAX_NOTE_UNITS
        && container.link_units > 0.0
        && is_hatnote(places, at)
    {
        return true;
    }
    if is_category_line(places, at, links) {
        return true;
    }
    let list = matches!(container.tag, Tag::Ul | Tag::Ol | Tag::Nav | Tag::Menu);
    container.blocks >= 2
        && links >= MIN_LINKS
        && (list || kinds & names::CONTENTS != 0)
        && leads_to_itself(places, at, steps)
}

/// Whether all links of a container lead to places of the page itself, at least two of them.
fn leads_to_itself(places: &Places<'_, '_>, at: usize, steps: &mut u32) -> bool {
    let Some(container) = places.segments.containers.get(at) else { return false };
    let mut links = 0;
    for id in container.node..places.tree.node(container.node).end {
        *steps += 1;
        if *steps > MAX_STEPS {
            return false;
        }
        if places.tree.node(id).tag == Tag::A
            && let Some(href) = places.tree.attribute(id, "href")
        {
            // `#` alone is a button of a menu.
            if !href.starts_with('#') || href.len() < 2 {
                return false;
            }
            links += 1;
        }
    }
    links >= 2
}

fn is_hatnote(places: &Places<'_, '_>, at: usize) -> bool {
    let text = places.text(places.blocks(at).start).to_lowercase();
    HATNOTES.iter().any(|start| text.starts_with(start))
}

/// `Categories: Harbours, 1874 establishments`: a word for it, a colon, and links.
fn is_category_line(places: &Places<'_, '_>, at: usize, links: f32) -> bool {
    let blocks = places.blocks(at);
    let Some(container) = places.segments.containers.get(at).filter(|_| links >= 0.6) else { return false };
    if container.units > MAX_NOTE_UNITS || container.link_units <= 0.0 {
        return false;
    }
    let text = places.text(blocks.start);
    let Some((word, _)) = text.split_once([':', '：']) else { return false };
    let word = word.trim().to_lowercase();
    CATEGORIES.contains(&word.as_str())
}

/// The words above a list of contents go with it: the block before it.
fn take_heading(places: &Places<'_, '_>, first: usize, unwanted: &mut [bool]) {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "contents", "table of contents", "on this page", "in this article", "on this page:", "in this article:",
        "contents:", "jump to", "in this section", "page contents", "quick links", "inhalt", "inhaltsverzeichnis",
        "auf dieser seite", "sommaire", "table des matières", "contenido", "índice", "contenidos", "conteúdo",
        "indice", "sommario", "inhoud", "spis treści", "содержание", "зміст", "içindekiler", "innehåll", "indhold",
        "innhold", "sisällys", "obsah", "目录", "目錄", "本页内容", "目次", "목차", "mục lục", "daftar isi",
    ];
    let Some(before) = first.checked_sub(1) else { return };
    let text = places.text(before).to_lowercase();
    let text = text.trim().trim_end_matches(['[', ']', ' ']);
    if WORDS.contains(&text)
        && let Some(flag) = unwanted.get_mut(before)
    {
        *flag = true;
    }
}
