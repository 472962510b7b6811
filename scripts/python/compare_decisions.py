"""Compares decisions of rules. Called by scripts/compare/decisions; textmill's are on standard input."""
import collections
import json
import sys

REASONS = {
    "empty": "empty", "no_line": "empty",
    "too_many_duplicate_paragraphs": "dup_para_frac", "too_many_chars_in_duplicate_paragraphs": "dup_para_char_frac",
    "too_many_duplicate_lines": "dup_line_frac", "too_many_chars_in_duplicate_lines": "dup_line_char_frac",
    **{f"top_{n}gram_too_frequent": f"top_{n}_gram" for n in (2, 3, 4)},
    **{f"too_many_duplicate_{n}grams": f"duplicated_{n}_n_grams" for n in range(5, 11)},
    "too_few_words": "gopher_short_doc", "too_many_words": "gopher_long_doc",
    "mean_word_too_short": "gopher_below_avg_threshold", "mean_word_too_long": "gopher_above_avg_threshold",
    "too_many_hashes": "gopher_too_many_hashes", "too_many_ellipses": "gopher_too_many_ellipsis",
    "too_many_bullet_lines": "gopher_too_many_bullets", "too_many_ellipsis_lines": "gopher_too_many_end_ellipsis",
    "too_few_alphabetic_words": "gopher_below_alpha_threshold", "too_few_stop_words": "gopher_enough_stop_words",
    "lorem_ipsum": "lorem_ipsum", "curly_bracket": "curly_bracket", "too_few_sentences": "too_few_sentences",
    "too_few_lines_end_a_sentence": "line_punct_ratio", "too_many_short_lines": "short_line_ratio",
    "too_many_repeated_line_chars": "char_dup_ratio", "too_many_line_breaks": "list_ratio",
}


def main(language, documents, theirs):
    texts = {row["id"]: row["text"] for row in map(json.loads, open(documents, encoding="utf8"))}
    bounds = {"en": (0.995, 0.99), "zh": (0.99, 0.985)}[language]
    theirs = {row["id"]: row for row in map(json.loads, open(theirs, encoding="utf8"))}
    ours = {row["id"]: row for row in map(json.loads, sys.stdin)}
    good = ours.keys() == theirs.keys()
    for name in [key for key in next(iter(theirs.values())) if key not in ("id", "c4_text")]:
        decisions = reasons = rewrites = kept = 0
        differences = collections.Counter()
        example = {}
        for id, row in theirs.items():
            a, b = ours[id][name], row[name]
            a = REASONS.get(a, a)
            decisions += (a == "keep") == (b == "keep")
            reasons += a == b
            if a != b:
                differences[a, b] += 1
                example.setdefault((a, b), id)
            if name == "c4_quality" and a == b == "keep":
                kept += 1
                rewrites += ours[id].get("c4_text", texts[id]) == row["c4_text"]
        n = len(theirs)
        line = f"{name:18} {n} documents: same decision {decisions / n:.3%}, same reason {reasons / n:.3%}"
        good = good and decisions >= bounds[0] * n and reasons >= bounds[1] * n
        if kept:
            line += f", same text {rewrites / kept:.3%} of {kept}"
            good = good and rewrites >= 0.995 * kept
        print(line)
        for (a, b), count in differences.most_common(5):
            print(f"    {count}: textmill {a}, datatrove {b} ({example[a, b]})")
    sys.exit(not good)


main(sys.argv[1], sys.argv[2], sys.argv[3])
