"""Normalisation, lines, personal data, near-duplicates."""

from .case import situation


def masked(case):
    """The texts by id after `mask_pii`, and those before it."""
    import json

    run = case.run()
    case.equal("exit code", run.exit, 0)
    before = {}
    for line in (case.folder / "in.jsonl").read_text(encoding="utf8").splitlines():
        row = json.loads(line)
        before[row["id"]] = row["text"]
    texts = run.texts()
    case.equal("documents", sorted(texts), sorted(before))
    return texts, before


def duplicates(run):
    """Id of each removed document, with its keeper and similarity."""
    return {row["id"]: (row["keeper_id"], row["similarity"]) for row in run.rows("duplicates")}


@situation("86-pii-true")
def _(case):
    texts, before = masked(case)
    right = {
        "cnid": "身份证号[ID]，出生",
        "cnidlower": "证件 [ID]",
        "cnidspace": "身份证 [ID]",
        "full": "手机[PHONE]，邮箱[EMAIL]",
        "cnphone": "电话：[PHONE]，[PHONE]，[PHONE]，[PHONE]",
        "obf": "mail [EMAIL], [EMAIL]",
        "mail": "Write to [EMAIL] or [EMAIL], [EMAIL].",
        "mailzh": "联系[EMAIL]，或发至[EMAIL]",
        "intl": "Call [PHONE], [PHONE], [PHONE], [PHONE], [PHONE], [PHONE]",
        "wx": "微信：[ACCOUNT]，加V：[ACCOUNT]，QQ：[ACCOUNT]，WeChat ID: [ACCOUNT]",
        "plate": before["plate"],
    }
    for name, text in right.items():
        case.equal(name, texts.get(name), text)
    for number in ["A123456(3)", "A123456789"]:
        case.lacks("hkid", texts["hkid"], number)


@situation("102-pii-forms")
def _(case):
    texts, _ = masked(case)
    right = {
        "us-paren": "Call [PHONE] now",
        "us-dot": "Call [PHONE] now",
        "us-dash": "Call [PHONE] now",
        "us-1": "Call [PHONE] now",
        "us-plus": "Call [PHONE] now",
        "zh-landline": "电话[PHONE]，传真 [PHONE]，[PHONE]，[PHONE]",
        "zh-400": "客服 [PHONE]，[PHONE]，[PHONE]",
        "uk": "Tel [PHONE]",
        "de": "Tel. [PHONE], [PHONE]",
        "fw": "手机：[PHONE]",
        "zhsp": "手机 [PHONE] 或 [PHONE]",
        "zhdot": "[PHONE]",
        "umlaut": "Mail an [EMAIL], und [EMAIL]",
        "quote": "mail [EMAIL]",
    }
    for name, text in right.items():
        case.equal(name, texts.get(name), text)


@situation("126-pii-versions")
def _(case):
    texts, before = masked(case)
    for name in ["a", "b", "c", "d"]:
        case.equal(name, texts.get(name), before[name])
    case.equal("e", texts.get("e"), "The server [IP] answered; see http://[IP]/x")
    # A private address names nobody.
    case.contains("f", texts.get("f", ""), "10.9.8.7")


@situation("193-code-mails")
def _(case):
    texts, before = masked(case)
    for name in ["decorators", "npm", "units", "img", "python", "latex", "price", "twitter", "telegram"]:
        case.equal(name, texts.get(name), before[name])
    right = {
        "matrix": "room #a:example.org and user @ann:example.org, mastodon @[EMAIL]",
        "qq-music": "QQ音乐10.0.5版本，QQ群里说QQ浏览器11.2更新了，qq号是什么？QQ：[ACCOUNT]",
        "wechat": "微信支付已开通，微信号：[ACCOUNT]，加微信[PHONE]，微信公众号“海堤”",
        "docs": "Write to [EMAIL] or [EMAIL]; the address foo@bar is not valid; a@b.c",
        "phone": "订单号13800138000123，流水20240506102030，编号 010-12345678-99，电话：[PHONE]",
    }
    for name, text in right.items():
        case.equal(name, texts.get(name), text)


@situation("128-clean-lines-zh")
def _(case):
    texts, before = masked(case)
    for name in ["poem", "list", "num", "head"]:
        case.equal(name, texts.get(name), before[name])
    case.equal("en", texts.get("en"), "The text begins here.\nIt ends.")


@situation("135-truncated-end")
def _(case):
    texts, before = masked(case)
    for name in ["list", "pi", "en", "head"]:
        case.equal(name, texts.get(name), before[name])
    case.equal("quote", texts.get("quote"), "他说：“走吧！”然后离开了\n第一句。")


@situation("131-minhash-numbers-exact")
def _(case):
    for pipeline in ["pipeline.yaml", "p2.yaml"]:
        run = case.run(pipeline, "--overwrite")
        case.equal(f"{pipeline}: exit code", run.exit, 0)
        case.equal(f"{pipeline}: kept", sorted(run.texts()), ["c0", "c1", "c2", "m1", "m2"])
    shown = case.call("stages", "show", "minhash_dedupe").stdout
    case.contains("stages show", shown, "every\n  number becomes 0", "Numbers, operators", "`normalization`")


@situation("191-vowel-signs")
def _(case):
    run = case.run(output="out_pipeline")
    case.equal("default: exit code", run.exit, 0)
    case.equal("default: documents", len(run.kept()), 12)
    # What these presets publish stays: it is said in `stages show`, and no other form is equal.
    for preset, may_fold in [("fineweb", True), ("redpajama", False)]:
        run = case.run(f"{preset}.yaml", output=f"out_{preset}")
        case.equal(f"{preset}: exit code", run.exit, 0)
        removed = duplicates(run)
        case.equal(f"{preset}: documents", len(run.kept()) + len(removed), 12)
        marked = {name for name in removed if name.split("-")[0] in ("hi", "th", "vi", "ar", "he")}
        case.check(f"{preset} keeps marks", may_fold or not marked, sorted(marked))
    run = case.run("exact.yaml", output="out_exact")
    case.equal("exact_dedupe: documents", len(run.kept()), 12)
    run = case.run("lines.yaml", output="out_lines")
    case.equal("line_dedupe: documents", len(run.kept()), 12)
    case.equal("line_dedupe: texts", run.texts(), case.run("exact.yaml", "--overwrite", output="out_exact").texts())
    shown = case.call("stages", "show", "minhash_dedupe").stdout
    case.contains("stages show", shown, "Vietnamese tones", "vowel signs of Hindi and Thai", "points of Arabic and Hebrew")


@situation("185-code-blanks")
def _(case):
    texts, before = masked(case)
    case.equal("without options", texts, before)
    spaces = case.run("spaces.yaml", output="out2").texts()
    indents = [line[: len(line) - len(line.lstrip())] for line in before["py"].split("\n")]
    for name in before:
        lines = spaces[name].split("\n")
        right = [line[: len(line) - len(line.lstrip())] for line in before[name].split("\n")]
        case.equal(f"max_spaces: indentation of {name}", [line[: len(line) - len(line.lstrip())] for line in lines], right)
    case.contains("max_spaces", spaces["py"], "\t\tself.stones = [] # three blanks before")
    trimmed = case.run("trim.yaml", output="out3").texts()
    case.equal("trim: indentation", [line[: len(line) - len(line.lstrip())] for line in trimmed["lead"].split("\n")], ["  ", "  "])
    kept = [indent for indent, line in zip(indents, before["py"].split("\n")) if line.strip()]
    seen = [line[: len(line) - len(line.lstrip())] for line in trimmed["py"].split("\n") if line.strip()]
    case.equal("trim: indentation of py", seen, kept)
    case.contains("trim: make", trimmed["make"], "\n\t@echo", "\n\tmake")


@situation("186-kangxi-radicals")
def _(case):
    texts, before = masked(case)
    case.equal("as it is", texts, before)
    case.contains("nfkc", case.run("nfkc.yaml", output="out2").texts()["kangxi"], "方便用户使用文件系统")
    both = case.run("both.yaml", output="out3")
    case.equal("both: exit code", both.exit, 2)
    case.contains("both: what else there is", both.printed, "cjk_radicals")
    alone = (case.folder / "pipeline.yaml").read_text().replace("run: normalize", "run: {normalize: {cjk_radicals: true}}")
    (case.folder / "alone.yaml").write_text(alone.replace("path: out", "path: out4"))
    texts = case.run("alone.yaml", output="out4").texts()
    case.equal("radicals", texts["kangxi"], "同理，为了方便用户使用文件系统，又可在第一层软件（管理）上再覆盖一层：用于文件管理。")
    case.equal("supplement", texts["supplement"], "长方形的门，见到车马。")
    case.equal("symbols", texts["symbols"], before["symbols"])
    case.equal("clean", texts["clean"], before["clean"])
    case.check("compatibility ideographs", not any("\uf900" <= char <= "\ufaff" for char in texts["compat"]), texts["compat"])


@situation("187-chinese-punctuation")
def _(case):
    texts, before = masked(case)
    case.contains("sentence", texts["sentence"], "你好，世界。今天天气不错！你去哪里？我说：", "笑了。")
    for name, parts in {
        "decimal": ["3.14", "1,000", "12:30", "16:9", "v1.2.3"],
        "url": ["http://example.org:8080/a?b=1,c=2", "https://例子.cn/路径.html"],
        "cjk-digit": ["第3.1.4节，", "2.5", "3,500"],
        "code": ["open(x)", 'print("你好,世界!")', "return."],
        "after-han": ["数据.txt", "报告.pdf", "/数据/报告.pdf"],
        "english": ["他说OK, let's go. 然后离开了。"],
        "list": ["1.第一点", "2.第二点", "(3)第三点"],
        "smile": ["好的:)谢谢^_^"],
        "md": ["[链接](http://a.b/文.html)", "**重点**"],
        "ellipsis": ["等等...后来，没有了......"],
        "colon-time": ["9:00-11:30", "2:00"],
    }.items():
        case.contains(name, texts[name], *parts)
    case.equal("quote", texts["quote"], before["quote"])
