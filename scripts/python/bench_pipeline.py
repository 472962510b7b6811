"""The Python part of scripts/bench/pipeline."""
import argparse
import glob
import io
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import pyarrow
import pyarrow.parquet
import zstandard

# Thresholds of FineWeb-2's configuration for Chinese (cmn_Hani).
CHINESE = {
    "gopher_repetition": {
        "max_duplicate_paragraph_ratio": None, "max_duplicate_paragraph_char_ratio": None,
        "max_duplicate_line_ratio": 0.287, "max_duplicate_line_char_ratio": None,
        "max_top_2gram_char_ratio": 0.256, "max_top_3gram_char_ratio": 0.201, "max_top_4gram_char_ratio": 0.171,
        "max_duplicate_5gram_char_ratio": 0.198, "max_duplicate_6gram_char_ratio": 0.182,
        "max_duplicate_7gram_char_ratio": 0.167, "max_duplicate_8gram_char_ratio": 0.154,
        "max_duplicate_9gram_char_ratio": 0.14, "max_duplicate_10gram_char_ratio": 0.127},
    "gopher_quality": {
        "min_mean_word_chars": 1, "max_mean_word_chars": 5, "min_alpha_word_ratio": 0.735,
        "stop_words": list("的年在月是和日了於·為有被人中为他與後也而由")},
    "fineweb_quality": {
        "min_punctuated_line_ratio": 0.106, "max_short_line_ratio": None, "max_repeated_line_char_ratio": 0.1,
        "max_newline_word_ratio": 0.178},
}
ENGLISH = {"use": ["gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality"], "words": "spacy_en"}
SIGNALS = """token_num cbytes_num line_num char_num lines_num words_num word_compression content_word_len content_word_frac
num_len num_frac space_len space_frac punc_len punc_frac emoji_len emoji_frac punc_end_sentence_num
punc_end_sentence_mean_len longest_punc_sentence_len stop_word_num stop_word_frac ellipsis_line_frac enter_frac
max_continue_space_num html_semi_entity_count html_semi_entity_frac url_char_frac special_char_len special_char_frac
unique_words_frac entropy average_words_per_line bulletpoint_line_frac dup_top_2gram dup_top_4gram dup_10gram
std_dev_unicode_value mean_diff_unicode_value longest_word eflaw""".split()
# Bytes of text that datatrove gets: it takes seconds for a megabyte.
PEER_BYTES = {"rules-en": 1_000_000, "rules-zh": 1_000_000}


def rows(lid):
    """Name of each row: what it is, its data, its stages."""
    language = {"language_id": {"model": lid}}
    chinese = {"use": ["gopher_repetition", "gopher_quality", "fineweb_quality"], "words": "jieba", **CHINESE}
    return {
        "pages": ("extract, normalize, lid.176, English rules, MinHash over HTML pages", "html",
                  ["extract", "normalize", language, {"filter": ENGLISH}, "minhash_dedupe"]),
        "rules-en": ("lid.176 and four rule families, English", "en", [language, {"filter": ENGLISH}]),
        "rules-zh": ("lid.176 and three rule families with jieba, Chinese", "zh", [language, {"filter": chinese}]),
        "dedupe": ("MinHash deduplication, English", "en", ["minhash_dedupe"]),
        "normalize": ("normalize, English", "en", ["normalize"]),
        "signals": (f"{len(SIGNALS)} signals, many languages", "multi", [{"signals": {"use": SIGNALS}}]),
        "whatlang": ("normalize and language_id of the quick start, English", "en",
                     ["normalize", {"language_id": {"max_chars": 10000}}]),
    }


def documents(folder, kind):
    """Paths of a kind of data, and the field that is measured."""
    pattern, field = ("en-html.jsonl.zst", "html") if kind == "html" else (f"{kind}-0000?.jsonl.zst", "text")
    return sorted(glob.glob(os.path.join(folder, pattern))), field


def read(paths):
    for path in paths:
        with open(path, "rb") as file:
            stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            for line in io.TextIOWrapper(stream, encoding="utf8", newline="\n"):
                yield json.loads(line)


def prepare(folder, kind, work):
    """The input of a kind of data (path, bytes of text); None where there is none."""
    paths, field = documents(folder, kind)
    if not paths:
        return None
    if kind == "html":
        return paths, sum(len(row[field].encode()) for row in read(paths))
    ids, texts = [], []
    for row in read(paths):
        ids.append(row["id"])
        texts.append(row[field])
    path = os.path.join(work, f"{kind}.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"id": ids, "text": texts}), path, compression="zstd", row_group_size=4000)
    return [path], sum(len(text.encode()) for text in texts)


def pipeline(name, paths, kind, stages, work):
    """Writes a pipeline file; JSON is YAML."""
    path = os.path.join(work, f"{name}.yaml")
    stages = [{"id": f"stage_{number}", "run": run} for number, run in enumerate(stages)]
    output = {"path": os.path.join(work, "out", name), "dropped": "sample"}
    columns = {"id": "id", "url": "url", "html": "html"} if kind == "html" else {"id": "id", "text": "text"}
    source = {"paths": paths, "columns": columns}
    content = {"version": 1, "name": name, "input": source, "stages": stages, "output": output}
    with open(path, "w", encoding="utf8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
    return path, output["path"]


def measure(command, output):
    """CPU seconds of a run, and the digest that it says."""
    shutil.rmtree(output, ignore_errors=True)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        said = log.read().decode(errors="replace")
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {process.returncode}:\n{said[-2000:]}")
    digest = re.search(r"^digest: (\w+)", said, re.MULTILINE)
    return usage.ru_utime + usage.ru_stime, digest and digest.group(1)


def profile(name, command, output, folder):
    """perf's report of a run, and a flame graph where a tool for it is there."""
    shutil.rmtree(output, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)
    data, report = os.path.join(folder, f"{name}.perf"), os.path.join(folder, f"{name}.txt")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["perf", "record", "-F", "999", "-g", "-o", data, *command], check=True, **quiet)
    with open(report, "w", encoding="utf8") as file:
        subprocess.run(["perf", "report", "-i", data, "--no-children", "-g", "none", "--percent-limit", "0.5"],
                       check=True, stdout=file, stderr=subprocess.DEVNULL)
    tools = (("inferno-collapse-perf", "inferno-flamegraph"), ("stackcollapse-perf.pl", "flamegraph.pl"))
    for collapse, draw in tools:
        if shutil.which(collapse) and shutil.which(draw):
            with open(os.path.join(folder, f"{name}.svg"), "wb") as file:
                script = subprocess.Popen(["perf", "script", "-i", data], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                folded = subprocess.Popen([collapse], stdin=script.stdout, stdout=subprocess.PIPE)
                subprocess.run([draw], stdin=folded.stdout, stdout=file, check=True)
            break
    print(f"profile of {name}: {report}", file=sys.stderr)


def peer(name, paths, python, here):
    """datatrove's megabytes per CPU second on the first texts; None where it is not installed."""
    if name not in PEER_BYTES:
        return None
    texts = pyarrow.parquet.read_table(paths[0], columns=["text"]).column("text").to_pylist()
    part, size = [], 0
    for text in texts:
        if size >= PEER_BYTES[name]:
            break
        part.append(text)
        size += len(text.encode())
    command = [python, os.path.join(here, "bench_pipeline_peer.py"), name.removeprefix("rules-")]
    found = subprocess.run(command, input=json.dumps(part).encode(), capture_output=True, check=False)
    if found.returncode != 0:
        print(f"datatrove cannot be measured: {found.stderr.decode().strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return float(found.stdout)


def size(program, work):
    """Megabytes of a program without symbols; None without `strip`."""
    if not shutil.which("strip"):
        return None
    stripped = os.path.join(work, "stripped")
    shutil.copy(program, stripped)
    subprocess.run(["strip", stripped], check=True)
    megabytes = os.path.getsize(stripped) / 1e6
    os.remove(stripped)
    return megabytes


def machine():
    with open("/proc/cpuinfo", encoding="utf8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} CPUs, {platform.system()}"


def commit(repository):
    git = ["git", "-C", repository]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False).stdout
    return f"{head or 'unknown'}{' with changes' if changed.strip() else ''}"


def figures(seconds, megabytes):
    """Megabytes per CPU second: of the median round, and of the slowest and the fastest."""
    return megabytes / statistics.median(seconds), megabytes / max(seconds), megabytes / min(seconds)


def line(name, what, ours, theirs, same, peers):
    cells = [name, what, f"{ours[0]:.1f} ({ours[1]:.1f}-{ours[2]:.1f})"]
    if theirs:
        cells += [f"{theirs[0]:.1f} ({theirs[1]:.1f}-{theirs[2]:.1f})", f"{ours[0] / theirs[0]:.2f}", same]
    if peers is not False:
        cells += ["-", "-"] if peers is None else [f"{peers:.2f}", f"{ours[0] / peers:.0f}"]
    return "| " + " | ".join(cells) + " |"


def head(against, peers):
    cells = ["row", "work", "MB per CPU second: median (least-most)"]
    if against:
        cells += ["the other program", "ratio", "same digest"]
    if peers:
        cells += ["datatrove", "ratio"]
    return ["| " + " | ".join(cells) + " |", "| --- | --- |" + " ---: |" * (len(cells) - 2)]


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench/pipeline")
    parser.add_argument("--repository", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--data")
    parser.add_argument("--rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program")
    parser.add_argument("--against")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--write")
    return parser.parse_args()


def main():
    options = arguments()
    shared = os.environ.get("TEXTMILL_DATA", os.path.join(options.repository, "..", "shared", "data"))
    folder = options.data or os.path.join(shared, "corpus")
    lid = os.environ.get("LID", os.path.join(shared, "lid", "lid.176.ftz"))
    if not os.path.isdir(folder) or not os.path.exists(lid):
        print(f"no data at {folder}, or no model at {lid}", file=sys.stderr)
        return 3
    if options.profile and not shutil.which("perf"):
        print("perf is not installed", file=sys.stderr)
        return 3
    known = rows(os.path.abspath(lid))
    wanted = options.rows.split(",") if options.rows else list(known)
    if options.rounds < 1 or any(name not in known for name in wanted):
        print(f"the rows are {', '.join(known)}; rounds are 1 or more", file=sys.stderr)
        return 2

    here = os.path.dirname(os.path.abspath(__file__))
    table = head(options.against, options.peers)
    print("\n".join(table))
    with tempfile.TemporaryDirectory() as work:
        inputs = {}
        for name in wanted:
            what, kind, stages = known[name]
            if kind not in inputs:
                inputs[kind] = prepare(os.path.abspath(folder), kind, work)
            if inputs[kind] is None:
                print(f"SKIPPED {name}: no such data at {folder}", file=sys.stderr)
                continue
            paths, count = inputs[kind]
            path, output = pipeline(name, paths, kind, stages, work)
            programs = [options.program] + ([options.against] if options.against else [])
            seconds, digests = [[] for _ in programs], [set() for _ in programs]
            for _ in range(options.rounds):
                for index, program in enumerate(programs):
                    used, digest = measure([program, "run", path, "--threads", "1"], output)
                    seconds[index].append(used)
                    digests[index].add(digest)
            ours, *others = [figures(used, count / 1e6) for used in seconds]
            same = "yes" if len(set.union(*digests)) == 1 else "no"
            found = peer(name, paths, os.environ.get("PYTHON", sys.executable), here) if options.peers else False
            table.append(line(name, what, ours, others[0] if others else None, same, found))
            print(table[-1], flush=True)
            if options.profile:
                command = [options.program, "run", path, "--threads", "1"]
                profile(name, command, output, os.path.join(options.repository, "bench-profile"))
        sizes = [size(program, work) for program in ([options.program] + ([options.against] if options.against else []))]
    said = ", the other ".join("?" if megabytes is None else f"{megabytes:.0f} MB" for megabytes in sizes)
    notes = [
        f"Size without symbols: {said}.",
        f"Machine: {machine()}. Commit: {commit(options.repository)}. One thread, {options.rounds} rounds"
        + (", in turns with the other program." if options.against else "."),
    ]
    print("\n" + "\n\n".join(notes))
    if options.write:
        with open(options.write, "w", encoding="utf8") as file:
            file.write("# What whole pipelines cost\n\n`scripts/bench/pipeline` wrote this.\n\n")
            file.write("\n".join(table) + "\n\n" + "\n\n".join(notes) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
