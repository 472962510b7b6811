"""Writes spaCy's English tokenizer facts as Rust tables, and its tokens of sample chunks. Called by scripts/make/spacy-tables."""
import json, re, sys

import spacy
from spacy.lang import char_classes as classes
from spacy.lang.en import English

CHUNKS = """don't can't I'm we'll they've U.S. U.S.A. e.g. i.e. Mr. Dr. a.m. 8am 10p.m. $5 $5.00 5$ 10km 10km/h 3.5% (hello)
"quoted" 'quoted' hello, hello. hello... ...hello end-to-end well-known a--b a—b a/b and/or 1/2 1-2 1+2 3*4 x=y a:b key:value
http://example.com https://example.com/a?b=c#d www.example.com example.com foo@bar.com example.com. (example.com) :) :-) :( <3 ^_^
o.O ¯\\(ツ)/¯ C++ C# #tag @user it's its' James' dogs' 'tis ain't cannot gonna gotta Let's y'all o'clock 's '98 1980s 1,000 1.000
1.a a.b A.B. Hello.World hello.World word,word Word,Word 你好，世界。 你好世界 中文.com ¿qué? ¡hola! «bonjour» “curly” ‘curly’ don’t
it’s €5 £10 ¥100 5€ °C 20°C 20°C. 😀 hi😀 😀😀 a…b … -- --- - _under_ a_b ~tilde ((a)) [x] {y} a) (a ... .. . ! ?! !!!
""".split()


def ranges(pattern):
    """Ascending ranges of the characters that the class `pattern` matches."""
    test, found = re.compile(pattern).fullmatch, []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not test(chr(code)):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def table(out, name, doc, pattern):
    out.append(f"/// {doc}\npub(super) const {name}: &[(char, char)] = &[")
    out += [f"    ('\\u{{{first:x}}}', '\\u{{{last:x}}}')," for first, last in ranges(pattern)]
    out.append("];\n")


def main(tables, fixture):
    tokenizer = spacy.blank("en").tokenizer
    out = [f"//! Facts of spaCy {spacy.__version__}'s English tokenizer, written by `scripts/make/spacy-tables`.\n"]
    for name, doc, value in [
        ("ALPHA", "Letters.", classes.ALPHA), ("LOWER", "Lower-case letters, and letters without case.", classes.ALPHA_LOWER),
        ("UPPER", "Upper-case letters, and letters without case.", classes.ALPHA_UPPER),
    ]:
        table(out, name, doc, f"[{value}]")
    table(out, "ICONS", "Symbols that stand for themselves.", classes.LIST_ICONS[0])
    table(out, "QUOTES", "Quotation marks and brackets.", f"[{classes.CONCAT_QUOTES}]")
    prefixes = [piece for piece in English.Defaults.prefixes if piece.strip() and "(?" not in piece]
    table(out, "PREFIXES", "Characters that are split off the start of a chunk.", "|".join(prefixes))
    suffixes = [piece for piece in English.Defaults.suffixes if piece.strip() and "(?" not in piece]
    table(out, "SUFFIXES", "Characters that are split off the end of a chunk.", "|".join(suffixes))
    before_stop = next(piece for piece in English.Defaults.suffixes if piece.startswith("(?<=[0-9a"))
    table(out, "BEFORE_STOP", "Characters after which a full stop is split off.", before_stop.removesuffix(r")\.").removeprefix("(?<="))
    out.append("/// Signs of money that follow a number.\npub(super) const CURRENCIES: &[&str] = &[")
    out += [f"    {json.dumps(sign.replace(chr(92), ''), ensure_ascii=False)}," for sign in classes.LIST_CURRENCY]
    out.append("];\n")
    out.append("/// Units that follow a number, in the order tried.\npub(super) const UNITS: &[&str] = &[")
    out += [f"    {json.dumps(unit, ensure_ascii=False)}," for unit in classes.split_chars(classes._units)]
    out.append("];\n\n/// Chunks with tokens of their own: the chunk and the bytes of each token.")
    out.append("pub(super) const EXCEPTIONS: &[(&str, &[u8])] = &[")
    for chunk, tokens in sorted(tokenizer.rules.items(), key=lambda rule: rule[0].encode()):
        lengths = [len(token[spacy.symbols.ORTH].encode()) for token in tokens]
        out.append(f"    ({json.dumps(chunk, ensure_ascii=False)}, &{lengths}),")
    out.append("];")
    open(tables, "w", encoding="utf8").write("\n".join(out) + "\n")
    with open(fixture, "w", encoding="utf8") as file:
        for chunk in CHUNKS:
            row = {"text": chunk, "tokens": [token.text for token in tokenizer(chunk)]}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


main(sys.argv[1], sys.argv[2])
