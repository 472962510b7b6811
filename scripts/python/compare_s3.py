"""The parts of scripts/compare/s3 that need Python: the server, its input, and the comparison."""

import json
import os
import pathlib
import sys
import time

BUCKET = "corpus"


def serve(port_file):
    """Runs moto on a free port of this machine and writes the port's number."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    part = pathlib.Path(port_file + ".part")
    part.write_text(str(port), encoding="ascii")
    part.rename(port_file)
    while True:
        time.sleep(60)


def client():
    import boto3

    return boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


def fill(folder, prefix):
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    for path in sorted(pathlib.Path(folder).iterdir()):
        s3.upload_file(str(path), BUCKET, f"{prefix}/{path.name}")


def account(report):
    """What became of the documents, without times."""
    if isinstance(report, dict):
        return {name: account(value) for name, value in report.items() if "second" not in name}
    return [account(value) for value in report] if isinstance(report, list) else report


def compare(folder, seconds):
    def load(name):
        return json.loads((pathlib.Path(folder) / name).read_text(encoding="utf8"))

    local, remote = load("local.json"), load("s3.json")
    reports = [account({part: load(name)[part] for part in ("rows", "totals", "balance")})
               for name in ("local-report.json", "s3-report.json")]
    uploads = client().list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    print(f"documents: {local['documents']:,} locally, {remote['documents']:,} from moto to moto on three executors, in {seconds} s")
    print(f"digest:    {local['digest']} locally\n           {remote['digest']} on moto")
    print(f"account:   {'equal' if reports[0] == reports[1] else 'DIFFERENT'}, balanced: {reports[1]['balance']['balanced']}")
    print(f"uploads left in the bucket: {len(uploads)}")
    equal = local["digest"] == remote["digest"] and reports[0] == reports[1] and not uploads
    print("equal" if equal else "DIFFERENT")
    return 0 if equal else 1


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    elif sys.argv[1] == "fill":
        fill(sys.argv[2], sys.argv[3])
    else:
        sys.exit(compare(sys.argv[2], sys.argv[3]))
