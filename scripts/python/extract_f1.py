"""F1 of extracted main text against gold: bags of words, of pairs of characters for Chinese."""
from collections import Counter

import regex


def bag(text, lang):
    if lang == "zh":
        text = regex.sub(r"\s+", "", text)
        return Counter(text[i:i + 2] for i in range(len(text) - 1))
    return Counter(regex.findall(r"\w+", text.lower()))


def f1(gold, got, lang):
    g, o = bag(gold, lang), bag(got, lang)
    both = sum((g & o).values())
    return 2 * both / (sum(g.values()) + sum(o.values())) if g or o else 1.0


def groups(page):
    """The rows of a table that a page counts in."""
    return "all", "source " + page["source"], f"source {page['source']}, {page['lang']}", "type " + page["page_type"]
