"""Prints what warcio makes of web archives in the form of the example `warc_records`.

Digests are checked by warcio on reading; a record whose digest is wrong is an error here.
"""

import collections
import hashlib
import sys

from warcio.archiveiterator import ArchiveIterator

OTHER = ("warcinfo", "request", "metadata", "revisit", "continuation", "conversion", "response", "resource")


def is_document(record, wet):
    if wet:
        return record.rec_type == "conversion"
    if record.rec_type == "response":
        return record.rec_headers.get_header("Content-Type", "application/http").startswith("application/http")
    return record.rec_type == "resource"


def read(path):
    counts = collections.Counter()
    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests="raise"):
            headers = record.rec_headers
            body = record.content_stream().read()
            if is_document(record, ".wet" in path):
                status = record.http_headers.get_statuscode() if record.http_headers else "0"
                digest = headers.get_header("WARC-Payload-Digest", "")
                url = headers.get_header("WARC-Target-URI", "")
                print("document", url, status, digest, hashlib.sha1(body).hexdigest(), sep="\t")
            else:
                kind = record.rec_type if record.rec_type in OTHER else "unknown"
                counts["response_not_http" if kind == "response" and ".wet" not in path else kind] += 1
    for kind, count in sorted(counts.items()):
        print("skipped", kind, count, sep="\t")


for argument in sys.argv[1:]:
    read(argument)
