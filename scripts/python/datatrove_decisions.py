"""datatrove's decision of four filters on each document, each for itself. Called by scripts/bench/filter.

Arguments: en or zh, then the output. Reads JSON lines (`id`, `text`) from standard input; prints the speed on standard
error. zh has the thresholds of FineWeb-2's configuration for Chinese.
"""
import json
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter

CHINESE = "cmn_Hani"


def english():
    return {
        "gopher_repetition": GopherRepetitionFilter(),
        "gopher_quality": GopherQualityFilter(),
        "c4_quality": C4QualityFilter(filter_no_terminal_punct=False),
        "fineweb_quality": FineWebQualityFilter(),
    }


def chinese():
    top = ((2, 0.256), (3, 0.201), (4, 0.171))
    duplicate = ((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127))
    stop_words = list("的年在月是和日了於·為有被人中为他與後也而由")
    return {
        "gopher_repetition": GopherRepetitionFilter(
            dup_line_frac=0.287, dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0,
            top_n_grams=top, dup_n_grams=duplicate, language=CHINESE),
        "fineweb_quality": FineWebQualityFilter(
            line_punct_thr=0.106, short_line_thr=999, char_duplicates_ratio=0.1, new_line_ratio=0.178, language=CHINESE),
        "gopher_quality": GopherQualityFilter(
            min_avg_word_length=1, max_avg_word_length=5, max_non_alpha_words_ratio=0.735, min_stop_words=2,
            stop_words=stop_words, language=CHINESE),
    }


def decide(filter, row):
    document = Document(text=row["text"], id=row["id"])
    answer = filter.filter(document)
    if answer is True:
        return "keep", document.text
    return (answer[1] if isinstance(answer, tuple) else "drop"), None


def main(language, output):
    filters = {"en": english, "zh": chinese}[language]()
    rows = [json.loads(line) for line in sys.stdin]
    for filter in filters.values():
        filter.filter(Document(text="热身 warm up", id=""))
    started = time.process_time()
    answers = []
    for row in rows:
        answer = {"id": row["id"]}
        for name, filter in filters.items():
            answer[name], text = decide(filter, row)
            if name == "c4_quality" and text is not None:
                answer["c4_text"] = text
        answers.append(answer)
    seconds = time.process_time() - started
    megabytes = sum(len(row["text"].encode()) for row in rows) / 1e6
    print(f"{megabytes:.1f} MB, {megabytes / seconds:.3f} MB/s cpu", file=sys.stderr)
    with open(output, "w", encoding="utf8") as file:
        file.writelines(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)


if __name__ == "__main__":
    main(*sys.argv[1:3])
