"""datatrove's filters on texts, one after the other until one drops a text. Called by scripts/bench/pipeline --peers.

Argument: en or zh. Reads a JSON list of texts; prints megabytes per CPU second. The filters and thresholds are those of
the rows rules-en and rules-zh. Language identification, reading and writing, which are in the rows, are left out here.
"""
import json
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter)

CHINESE = "cmn_Hani"


def english():
    return [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]


def chinese():
    return [
        GopherRepetitionFilter(
            dup_line_frac=0.287, dup_para_frac=0, dup_line_char_frac=0, dup_para_char_frac=0,
            top_n_grams=((2, 0.256), (3, 0.201), (4, 0.171)),
            dup_n_grams=((5, 0.198), (6, 0.182), (7, 0.167), (8, 0.154), (9, 0.14), (10, 0.127)), language=CHINESE),
        GopherQualityFilter(
            min_avg_word_length=1, max_avg_word_length=5, max_non_alpha_words_ratio=0.735, min_stop_words=2,
            stop_words=list("的年在月是和日了於·為有被人中为他與後也而由"), language=CHINESE),
        FineWebQualityFilter(
            line_punct_thr=0.106, short_line_thr=999, char_duplicates_ratio=0.1, new_line_ratio=0.178, language=CHINESE),
    ]


def main():
    filters = {"en": english, "zh": chinese}[sys.argv[1]]()
    texts = json.load(sys.stdin)
    for filter in filters:
        filter.filter(Document(text="热身 warm up", id=""))
    started = time.process_time()
    for text in texts:
        document = Document(text=text, id="")
        for filter in filters:
            if filter.filter(document) is not True:
                break
    seconds = time.process_time() - started
    print(sum(len(text.encode()) for text in texts) / 1e6 / seconds)


if __name__ == "__main__":
    main()
