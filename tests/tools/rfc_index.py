#!/usr/bin/env python3
"""The index of cited standards: docs/rfc.md.

Collects `RFC 5321 §4.5.2`, `RFC 7208 eid 5436` and plain `RFC 2177` from sources and transcripts, with the files that
implement a rule and those that test it. Files, not lines: moving code does not change the table.

    rfc_index.py --write   writes docs/rfc.md
    rfc_index.py           fails when docs/rfc.md is not what the code says
"""

import collections
import re
import sys

import tree

TITLES = tree.ROOT / "tests/tools/rfc_titles.txt"
INDEX = tree.ROOT / "docs/rfc.md"
CODE = ("libmail", "frontends", "bindings")
TESTS = ("tests", "fuzz")
SUFFIXES = (".h", ".cc", ".txt", ".test", ".transcript", ".py")

SECTION = r"§§?\s?[A-Z]?\d*(?:\.\d+)*"
CITATION = re.compile(rf"\bRFC[ -]?(\d{{3,5}})((?:,?(?:\s|\band\b|\bor\b|–|-)*{SECTION})+|(?:\s+eid\s+\d+)(?:,\s*\d{{4,}})*)?")
CONTINUED = re.compile(r"[ \t]*\n[ \t]*(?://+|#+|\*)[ \t]*")  # a comment that goes on in the next line

HEAD = """# Standards, and where they live

Made by `tests/tools/rfc_index.py --write` from the citations in code and tests; a test compares. "eid" is the number
of an erratum.
"""


def citations(text):
    """(number, section or erratum or "") for each rule cited, in the order of the text."""
    for match in CITATION.finditer(CONTINUED.sub(" ", text)):
        rules = re.findall(r"§\s?([A-Z]?[\d.]*\d|[A-Z]\b)", match.group(2) or "")
        if rules:
            yield from ((int(match.group(1)), "§" + rule) for rule in rules)
        elif match.group(2):
            yield from ((int(match.group(1)), "eid " + eid) for eid in re.findall(r"\d+", match.group(2)))
        else:
            yield int(match.group(1)), ""


def order(rule):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d+|[A-Z]+|eid", rule)]


def collect(files):
    """{number: {rule: (code files, test files)}} of (path, text) pairs."""
    index = collections.defaultdict(lambda: collections.defaultdict(lambda: (set(), set())))
    for path, text in files:
        for number, rule in citations(text):
            index[number][rule][path.startswith(tuple(f"{folder}/" for folder in TESTS))].add(path)
    return index


def titles(text):
    return {int(n): title for n, title in re.findall(r"^(\d+) (.+)$", text, re.MULTILINE)}


def faults(index, known):
    for number in sorted(index.keys() - known.keys()):
        code, tests = next(iter(index[number].values()))
        yield f"RFC {number} (in {min(code | tests)}) has no line in tests/tools/rfc_titles.txt"


def short(paths):
    """Module and name, which is how the files are spoken of: libmail/src/smtp/x.cc → smtp/x.cc."""
    names = (re.sub(r"^(?:libmail/(?:src|include/mail)|tests|frontends)/", "", path) for path in paths)
    return ", ".join(sorted(set(names)))


def render(index, known):
    text = HEAD
    for number in sorted(index):
        text += f"\n## RFC {number} {known.get(number, '')}\n\n| rule | code | tests |\n|---|---|---|\n"
        for rule in sorted(index[number], key=order):
            code, tests = index[number][rule]
            text += f"| {rule or 'as a whole'} | {short(code)} | {short(tests)} |\n"
    return text


def own_files(root):
    for path in tree.files(root, CODE + TESTS, SUFFIXES):
        name = path.relative_to(root).as_posix()
        if not name.startswith(("tests/tools/", "tests/cases/", "fuzz/corpus/")):
            yield name, path.read_text(errors="replace")


def self_test():
    def found(text):
        return sorted(citations(text))

    def same(text, *expected):
        return [] if found(text) == sorted(expected) else [f"{text!r} gave {found(text)}"]

    example = [
        ("libmail/src/smtp/a.cc", "// RFC 5321 §4.5.2, RFC 9999\n"),
        ("tests/unit/smtp/a.cc", "// RFC 5321 §4.5.2\n"),
    ]
    index = collect(example)
    table = render(index, {5321: "SMTP"})
    tree.self_test([
        ("section", same("RFC 5321 §4.5.2.", (5321, "§4.5.2")), None),
        ("several", same("RFC 5321 §4.5.2, §4.1 and §2.3.", (5321, "§4.5.2"), (5321, "§4.1"), (5321, "§2.3")), None),
        ("erratum", same("(erratum: RFC 7208 eid 5436)", (7208, "eid 5436")), None),
        ("whole", same("RFC 2177 lets", (2177, "")), None),
        ("wrapped", same("// as RFC\n// 5321 §4.1 and\n  // RFC 5322\n  // §3.4 say", (5321, "§4.1"), (5322, "§3.4")), None),
        ("appendix", same("RFC 5321 §A.1; RFC 3501 §B", (5321, "§A.1"), (3501, "§B")), None),
        ("two", same("RFC 2047 §2, RFC 2231 §5:", (2047, "§2"), (2231, "§5")), None),
        ("unknown", faults(index, {5321: "SMTP"}), "RFC 9999"),
        ("known", faults(index, {5321: "SMTP", 9999: "x"}), None),
        ("row", [] if "| §4.5.2 | smtp/a.cc | unit/smtp/a.cc |" in table else [table], None),
        ("order", [] if order("§4.5.2") < order("§4.5.10") < order("§10") else ["order"], None),
        ("stale", [] if render(collect(example[:1]), {}) == table else ["differs"], "differs"),
    ])


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    found, known = collect(own_files(tree.ROOT)), titles(TITLES.read_text())
    wrong = list(faults(found, known))
    if "--write" in sys.argv and not wrong:
        INDEX.write_text(render(found, known))
    elif not INDEX.exists() or INDEX.read_text() != render(found, known):
        wrong.append("docs/rfc.md is not what the code says: run tests/tools/rfc_index.py --write")
    rules = sum(len(rules) for rules in found.values())
    tree.report(wrong, f"{rules} rules of {len(found)} standards are cited")
