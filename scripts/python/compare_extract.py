"""Compares extractors. Called by scripts/compare/extract."""
import json, multiprocessing, resource, subprocess, sys

from documents import rows as read
from extract_f1 import f1, groups

OURS = {"textmill": "main_content", "trafilatura crate": "trafilatura"}


def trafilatura(html):
    import trafilatura
    return trafilatura.extract(html, include_comments=False, include_tables=True) or ""


def resiliparse(html):
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree
    return extract_plain_text(HTMLTree.parse(html), main_content=True, alt_texts=False, links=False, form_fields=False,
                              noscript=False)


PEERS = {"trafilatura (Python)": trafilatura, "resiliparse (C++)": resiliparse}


def cpu(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def by_peer(name, gold, queue):
    before = cpu(resource.RUSAGE_SELF)
    texts = []
    for page in gold:
        try:
            texts.append(PEERS[name](page["html"]))
        except Exception:
            texts.append("")
    queue.put((texts, cpu(resource.RUSAGE_SELF) - before))


def by_textmill(binary, method, gold):
    rows = "".join(json.dumps({"id": page["id"], "html": page["html"]}) + "\n" for page in gold)
    before = cpu(resource.RUSAGE_CHILDREN)
    out = subprocess.run([binary, method], input=rows.encode("utf8", "surrogatepass"), stdout=subprocess.PIPE, check=True,
                         stderr=subprocess.DEVNULL).stdout
    seconds = cpu(resource.RUSAGE_CHILDREN) - before
    return [json.loads(line)["text"] for line in out.decode("utf8").split("\n") if line], seconds


def main(binary, paths):
    gold = [page for path in paths for page in read(path)]
    size = sum(len(page["html"].encode("utf8", "replace")) for page in gold) / 1e6
    results = {name: by_textmill(binary, method, gold) for name, method in OURS.items()}
    for name in PEERS:
        queue = multiprocessing.Queue()
        process = multiprocessing.Process(target=by_peer, args=(name, gold, queue))
        process.start()
        results[name] = queue.get()
        process.join()
    rows = {}
    for name, (texts, _) in results.items():
        for page, text in zip(gold, texts, strict=True):
            value = f1(page["gold"], text, page["lang"])
            for key in groups(page):
                rows.setdefault(key, {}).setdefault(name, []).append(value)
    print("| F1 | pages | " + " | ".join(results) + " |")
    print("| --- | ---: |" + " ---: |" * len(results))
    for key, of in sorted(rows.items()):
        means = [f"{sum(of[name]) / len(of[name]):.3f}" for name in results]
        print(f"| {key} | {len(of['textmill'])} | " + " | ".join(means) + " |")
    speeds = [f"{size / seconds:.1f}" for _, seconds in results.values()]
    print(f"| MB of HTML per CPU second | {len(gold)} | " + " | ".join(speeds) + " |")


main(sys.argv[1], sys.argv[2:])
