"""Languages, lists of addresses, evaluation sets, and small trainings."""

import json

from reports.case import situation


def languages(case, pipeline, output):
    """The language of each document, kept or dropped, with lid.176 out of the development data."""
    run = case.call("run", pipeline, output=output, env={"TEXTMILL_MODELS": str(case.data / "lid")})
    case.equal(f"{pipeline}: exit code", run.exit, 0)
    kept = {row["id"]: row["language"] for row in run.kept()}
    dropped = {row["id"]: row["drop_detail"] if "drop_detail" in row else row.get("detail") for row in run.rows("dropped")}
    return run, kept, dropped


@situation("103-lang-mixed-whatlang")
def _(case):
    _, kept, _ = languages(case, "pipeline.yaml", "out")
    right = {"zh-tech": "zh", "zh-code": "zh", "ja-tech": "ja", "zh-quote": "zh", "en-zhname": "en"}
    case.equal("languages", kept, right)


@situation("189-language-capitals")
def _(case):
    for pipeline, output in (("pipeline.yaml", "out"), ("whatlang.yaml", "out2")):
        _, kept, _ = languages(case, pipeline, output)
        for name in ("en0", "en1", "en2", "en3", "fr", "ru", "de"):
            case.equal(f"{pipeline}: {name}", kept[name], kept[f"{name}-small"])
        for name, right in (("en3", "en"), ("fr", "fr"), ("ru", "ru"), ("de", "de")):
            case.equal(f"{pipeline}: {name}", kept[name], right)


@situation("190-chinese-varieties")
def _(case):
    for pipeline, output, warned in (
        ("pipeline.yaml", "out", True),
        ("whatlang.yaml", "out2", False),
        ("zh_en.yaml", "out3", True),
    ):
        run, kept, dropped = languages(case, pipeline, output)
        names = [json.loads(line)["id"] for line in (case.folder / "in.jsonl").read_text().splitlines()]
        case.equal(f"{pipeline}: documents", sorted([*kept, *dropped]), sorted(names))
        for name in ("mandarin", "traditional", "classical", "english-mix"):
            case.check(f"{pipeline}: {name} is kept", name in kept, dropped.get(name))
        if warned:
            case.contains(f"{pipeline}: printed", run.printed, "warning", "`yue`", "`wuu`", "varieties")
        else:
            case.check(f"{pipeline}: all are kept", not dropped, dropped)
    # What the warning says helps.
    text = (case.folder / "pipeline.yaml").read_text().replace("keep: [zh]", "keep: [zh], varieties: true")
    (case.folder / "with.yaml").write_text(text.replace("path: out", "path: out4"))
    run, kept, dropped = languages(case, "with.yaml", "out4")
    for name in ("cantonese", "wu"):
        case.check(f"with varieties: {name} is kept", name in kept, dropped.get(name))
    case.lacks("with varieties: printed", run.printed, "`yue`")


@situation("218-block-list-formats")
def _(case):
    lists = ("pipeline.yaml", "out_plain"), ("hosts.yaml", "out_hosts"), ("adblock.yaml", "out_adblock"), ("crlf.yaml", "out_crlf")
    for pipeline, output in lists:
        run = case.run(pipeline, output=output)
        case.equal(f"{pipeline}: exit code", run.exit, 0)
        case.equal(f"{pipeline}: dropped", sorted(row["id"] for row in run.rows("dropped")), ["bad", "sub", "worse"])
        case.equal(f"{pipeline}: kept", sorted(row["id"] for row in run.kept()), ["good", "notbad"])
        case.lacks(f"{pipeline}: printed", run.printed, "warning: stage")
    run = case.run("urls.yaml", output="out_urls")
    case.equal("urls.yaml: dropped", sorted(row["id"] for row in run.rows("dropped")), ["bad", "sub", "worse"])
    case.contains("urls.yaml: printed", run.printed, "1 of 4 lines of urls.txt", "line 2", "https://worse.example/path", "3 were taken")
    said = case.call("validate", "hosts.yaml").printed
    case.contains("validate", said, "2 entries of hosts.txt")
    (case.folder / "plain.txt").write_text("category,domain\nadult,bad.example\n")
    run = case.run("pipeline.yaml", "--overwrite", output="out_plain")
    case.equal("nothing understood: exit code", run.exit, 2)
    case.contains("nothing understood", run.printed, "plain.txt", "line 1", "none of its 2 lines")


def decontaminated(case, pipeline, output):
    run = case.run(pipeline, output=output)
    return run, sorted(row["id"] for row in run.rows("dropped"))


@situation("97-decontaminate-short")
def _(case):
    run, dropped = decontaminated(case, "pipeline.yaml", "out")
    case.equal("exit code", run.exit, 0)
    case.equal("dropped", dropped, ["long"])
    case.contains("printed", run.printed, "3 of 6 items of eval.jsonl", "fewer than 13 tokens", "short_items_from")
    case.contains("printed", run.printed, "2 of 6 items of eval.jsonl have no text", "eval.jsonl:4", "`other`")
    text = (case.folder / "pipeline.yaml").read_text().replace('["eval.jsonl"]', '["eval.jsonl"], short_items_from: 5')
    (case.folder / "whole.yaml").write_text(text.replace("path: out", "path: out2"))
    run, dropped = decontaminated(case, "whole.yaml", "out2")
    case.equal("dropped with short items", dropped, ["long", "short", "zh"])


@situation("195-decontaminate-forms")
def _(case):
    copies = ["case", "list", "plain", "wrapped", "zh-blanks", "zh-wide"]
    for pipeline, output, right in (
        ("pipeline.yaml", "out_pipeline", copies),
        ("parquet.yaml", "out_parquet", copies),
        ("choices.yaml", "out_choices", sorted([*copies, "choices"])),
        ("nested.yaml", "out_nested", copies),
        ("filefield.yaml", "out_filefield", copies),
    ):
        run, dropped = decontaminated(case, pipeline, output)
        case.equal(f"{pipeline}: exit code", run.exit, 0)
        case.equal(f"{pipeline}: dropped", dropped, right)
    run = case.run("fields.yaml", output="out_fields")
    case.equal("fields.yaml: exit code", run.exit, 2)
    case.contains("fields.yaml: printed", run.printed, "none of 2 items", "`Problem Statement`", "`fields`")
    case.contains("validate", case.call("validate", "choices.yaml").printed, "3 of 3 items of eval.jsonl", "choices 1")
    path = (case.folder / "nested.yaml").read_text().replace("[nested.jsonl]", "[nested.jsonl], fields: [data.question, data.hint]")
    (case.folder / "path.yaml").write_text(path.replace("out_nested", "out_path"))
    run, dropped = decontaminated(case, "path.yaml", "out_path")
    case.equal("path.yaml: dropped", dropped, copies)
    case.contains("path.yaml: printed", run.printed, "`data.hint`", "2 of 2 items are usable")


def said_once(case, what, run):
    """An error that is said once, without the names of options inside the program."""
    case.equal(f"{what}: exit code", run.exit, 2)
    errors = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    case.equal(f"{what}: errors", len(errors), 1)
    message = errors[0].removeprefix("error: ").removeprefix("training: ") if errors else ""
    case.equal(f"{what}: said", run.stderr.count(message), 1)
    case.lacks(what, run.stderr, "discount_fallback", "learning_rate", "held_out", "panicked")


@situation("200-small-language-model")
def _(case):
    for name in ("small", "five", "marks", "repeat", "zh"):
        run = case.call("train", "lm", f"{name}.jsonl", "--output", f"{name}.lm")
        if run.exit != 0:
            said_once(case, name, run)
            case.contains(name, run.stderr, "--discount-fallback")
        run = case.call("train", "lm", f"{name}.jsonl", "--output", "m.lm", "--discount-fallback")
        case.equal(f"{name} with fixed discounts: exit code", run.exit, 0)
    for more in ((), ("--discount-fallback",)):
        run = case.call("train", "lm", "empty.jsonl", "--output", "none.lm", *more)
        said_once(case, "empty", run)
        case.contains("empty", run.stderr, "no text has a word")
        case.check("no model is left", not (case.folder / "none.lm").exists())
    case.call("train", "lm", "small.jsonl", "--output", "m.lm", "--discount-fallback")
    run = case.run()
    case.equal("exit code", run.exit, 0)
    perplexities = {row["id"]: row["perplexity"] for row in run.kept()}
    case.equal("documents", sorted(perplexities), ["a", "emoji", "empty", "marks"])
    case.check("a known text is likely", 1 < perplexities["a"] < 100, perplexities["a"])


@situation("201-small-classifier")
def _(case):
    def train(*arguments):
        return case.call("train", "classifier", *arguments)

    pairs = "--positive", "pos.jsonl", "--negative", "neg.jsonl"
    run = train(*pairs, "--output", "m.ftz")
    if run.exit != 0:
        said_once(case, "three texts a class", run)
    run = train(*pairs, "--output", "m.bin", "--held-out", "0.4")
    if run.exit != 0:
        said_once(case, "more held out", run)
    run = train("--labelled", "lab.jsonl", "--label-column", "label", "--label", "广告, spam", "--output", "l.bin")
    case.equal("labels of several words: exit code", run.exit, 0)
    case.contains("labels of several words", run.stdout, "广告, spam", "正常 text")
    text = (case.folder / "pipeline.yaml").read_text().replace("m.ftz", "l.bin").replace("label: positive", "label: '广告, spam'")
    (case.folder / "labels.yaml").write_text(text.replace("path: out", "path: out2"))
    run = case.run("labels.yaml", output="out2")
    case.equal("labels of several words: exit code of run", run.exit, 0)
    scores = [row["广告_spam_score"] for row in run.kept()]
    case.check("scores are probabilities", all(score is None or 0 <= score <= 1 for score in scores), scores)
    run = train("--labelled", "tok.jsonl", "--label-column", "label", "--label", "a", "--output", "t.bin")
    case.equal("labels in texts: exit code", run.exit, 0)
    case.contains("labels in texts", run.stdout, "\na ", "\nb ")
    case.lacks("labels in texts", run.stdout, "__label__", "positive ")
    for rate in ("100", "nan", "0", "-1"):
        said = train(*pairs, "--output", "r.bin", f"--learning-rate={rate}")
        said_once(case, f"learning rate {rate}", said)
        case.contains(f"learning rate {rate}", said.stderr, "--learning-rate is")
    said = train("--labelled", "one.jsonl", "--label-column", "label", "--label", "only", "--output", "o.bin")
    said_once(case, "one class", said)
    case.contains("one class", said.stderr, "the same label `only`")
    said = train("--positive", "pos.jsonl", "--negative", "empty.jsonl", "--output", "e.bin")
    said_once(case, "a class of blank texts", said)
    case.contains("a class of blank texts", said.stderr, "`not_positive` has a word")
    said = case.run("pipeline.yaml") if not (case.folder / "m.ftz").exists() else None
    if said is not None:
        case.equal("no model: exit code", said.exit, 2)
        case.contains("no model", said.stderr, "m.ftz", "textmill train classifier")
    for model in ("e.bin", "o.bin", "r.bin"):
        case.check(f"no {model} is left", not (case.folder / model).exists())
