"""The same URLs through textmill and datatrove: TEXTMILL_EXAMPLE FILE.jsonl.zst... Called by scripts/compare/url-filter."""
import collections, json, os, random, subprocess, sys, tarfile, tempfile, time, warnings

import tldextract
from datatrove.data import Document
from datatrove.pipeline.filters import URLFilter
from datatrove.utils._import_utils import ASSETS_PATH

from documents import rows

# The lists and the suffixes that are installed, not newer ones from the network.
_init = tldextract.TLDExtract.__init__
tldextract.TLDExtract.__init__ = lambda self: _init(self, cache_dir=None, suffix_list_urls=())
warnings.simplefilter("ignore")

REASONS = {"domain": "blocked_domain", "subdomain": "blocked_subdomain", "url": "blocked_url",
           "hard_blacklisted": "banned_url_word", "soft_blacklisted": "too_many_soft_url_words",
           "blacklisted_subword": "banned_url_substring"}
ARCHIVE = os.path.join(ASSETS_PATH, "url_filterblacklistsv0_3_0.tar.gz")


def words(name):
    with open(os.path.join(ASSETS_PATH, name)) as file:
        return [line.strip() for line in file if not line.startswith("#")]


def corpus(paths):
    for path in paths:
        for record in rows(path):
            url = record.get("url") or (record.get("metadata") or {}).get("url")
            if url:
                yield url


def made():
    """URLs made from the lists, by kind, the same ones every time."""
    pick = random.Random(7)
    with tarfile.open(ARCHIVE) as archive:
        read = lambda name: archive.extractfile(name).read().decode().splitlines()
        domains, urls = pick.sample(read("domains"), 20_000), pick.sample(read("urls"), 2_000)
    hard, soft, sub = (words(f"{name}.txt") for name in ("banned_words", "soft_banned_words", "banned_subwords"))
    plain = lambda word: "".join(c for c in word if c.isalnum() and c.isascii())
    yield "listed", [f"https://{domain}/a/b.html" for domain in domains]
    yield "below_listed", [f"http://www.{domain}/" for domain in domains[:10_000]]
    yield "near_listed", [f"http://q{domain}/?a=b" for domain in domains[:5_000]]
    yield "near_listed", [f"http://{domain}q/" for domain in domains[5_000:10_000]]
    yield "url", urls + [f"http://{url}" for url in urls]
    some = lambda lists: plain(pick.choice(pick.choice(lists)))
    frames = ["https://example.com/{}", "https://{}.example.org/x", "https://example.com/a-{}-b?c={}", "http://example.com/{}/{}/",
              "http://example.com/x{}y", "https://example.com/?q={}+{}+{}"]
    for _ in range(20_000):
        yield "words", [pick.choice(frames).format(*(some([hard, soft, sub, ["news", "about", "x1"]]) for _ in range(3)))]
    odd = ["http://u:p@{}:8080/", "//{}", "{}", "http://{}.", "http://{}../x", "http://{}?a", "http://{}#a", "ftp://{}/", "http:/{}/",
           "http://{}:80:80/", " http://{} ", "http://user@{}@x/", "http://[{}]/", "http://.{}/", "http://a..{}/"]
    yield "odd", [frame.format(domain) for domain in domains[:500] for frame in odd]
    hosts = ["1.2.3.4", "[::1]", "localhost", "xxx", "a.xxx", "co.uk", "例え.テスト", "a.b.中国", "xn--fiqs8s.xn--fiqs8s", "a.nosuchsuffix"]
    yield "odd", [frame.format(host) for host in hosts for frame in odd]
    yield "upper_case", [f"http://{domain.upper()}/" for domain in domains[:500]]


def peer(urls):
    rules = URLFilter()
    rules.download_data()
    answers, start = [], time.process_time()
    for url in urls:
        answer = rules.filter(Document(text="", id="", metadata={"url": url}))
        answers.append("kept" if answer is True else REASONS[answer[1]])
    return answers, time.process_time() - start


def textmill(example, urls):
    asset = lambda name: {"files": [os.path.join(ASSETS_PATH, name)]}
    config = {"matching": "datatrove", "black_domains": {"files": [f"{ARCHIVE}!domains"]}, "urls": {"files": [f"{ARCHIVE}!urls"]},
              "banned_words": asset("banned_words.txt"), "soft_words": asset("soft_banned_words.txt"),
              "banned_substrings": asset("banned_subwords.txt")}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        lines = "".join(json.dumps(url) + "\n" for url in urls)
        return subprocess.run([example, "decide", file.name], input=lines, text=True, capture_output=True, check=True).stdout.split()


def main():
    urls = [("corpus", url) for url in corpus(sys.argv[2:])]
    urls += [(kind, url) for kind, made_urls in made() for url in made_urls]
    texts = [url for _, url in urls]
    theirs, seconds = peer(texts)
    ours = textmill(sys.argv[1], texts)
    assert len(ours) == len(theirs) == len(texts)
    counts, shown = collections.defaultdict(collections.Counter), collections.Counter()
    for (kind, url), our, their in zip(urls, ours, theirs):
        for name in (kind, "all"):
            counts[name].update(["urls", *["decision"] * ((our == "kept") == (their == "kept")), *["reason"] * (our == their),
                                 *["dropped"] * (their != "kept")])
        if our != their:
            shown[kind] += 1
            if shown[kind] <= 20:
                print(f"differs  {kind}: {url!r}: textmill {our}, datatrove {their}")
    for kind, count in counts.items():
        print(f"{kind:12} {count['urls']:7} URLs, {count['dropped']:6} dropped by datatrove, equal decisions "
              f"{count['decision'] / count['urls']:.4%}, equal reasons {count['reason'] / count['urls']:.4%}")
    print(f"datatrove {len(texts) / seconds / 1e3:.1f} thousand URLs per CPU second")
    total = counts["all"]
    sys.exit(int(min(total["decision"], total["reason"]) < 0.999 * total["urls"]))


main()
