#!/usr/bin/env python3
"""Documents speak of what exists.

Every link of every document leads somewhere. C++ in README.md is quoted from examples/, where it is compiled and run. In docs/architecture.md, each path and each `name()` in backticks exists
in the tree; in the other documents, each path that starts with a folder of ours. Each row of docs/security.md names tests that exist.
"""

import pathlib
import re
import sys
import tempfile

import tree

CODE_FOLDERS = ("libmail", "frontends", "bindings")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^[\w.+-]+(?:/[\w.+-]+)*/?$")
FUNCTION = re.compile(r"^[\w:]*?(\w+)\(\)$")


def anchors(text):
    """The names that headings get, as GitHub makes them."""
    made = set()
    for heading in re.findall(r"^#+\s+(.+?)\s*#*$", FENCE.sub("", text), re.MULTILINE):
        heading = re.sub(r"[^\w\- ]", "", heading.lower().replace("`", ""))
        made.add(heading.replace(" ", "-"))
    return made


def check_links(root, path, text):
    for match in LINK.finditer(FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)):
        target = match.group("target")
        at = f"{path.relative_to(root)}:{tree.line_of(text, match.start())}"
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        if not other.exists():
            yield f"{at}: the link {target} leads nowhere"
        elif anchor and other.suffix == ".md" and anchor not in anchors(other.read_text()):
            yield f"{at}: {other.name} has no heading #{anchor}"


def check_names(root, path, text, code, every_path):
    folders = {entry.name for entry in root.iterdir() if entry.is_dir() and entry.name != "build"}
    for match in CODE.finditer(FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)):
        name = match.group(1)
        at = f"{path.relative_to(root)}:{tree.line_of(text, match.start())}"
        function = FUNCTION.match(name)
        if function and every_path:
            if not re.search(rf"\b{function.group(1)}\b", code):
                yield f"{at}: no {name} in the code"
        elif PATH.match(name) and "/" in name:
            ours = name.split("/")[0] in folders
            source = re.search(r"\.(?:h|cc)$", name)
            if not (ours or (every_path and source)):
                continue
            places = [root / name, root / "libmail/include" / name, root / "libmail/src" / name]
            if not any(place.exists() for place in places):
                yield f"{at}: no {name} in the tree"


def check_quotes(root, path, text):
    examples = "\n".join(" ".join(file.read_text().split()) for file in tree.sources(root, ("examples",)))
    for match in re.finditer(r"^```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if " ".join(match.group(1).split()) not in examples:
            yield f"{path.relative_to(root)}:{tree.line_of(text, match.start())}: no program in examples/ has these lines"


def check_attacks(root, path, text, tests):
    """Rows `| A1 | attack | what happens | `a test's title`, `tests/a/path` |`."""
    for match in re.finditer(r"^\| ([A-Z]\d+) \|.*\|([^|]*)\|$", text, re.MULTILINE):
        at = f"{path.relative_to(root)}:{tree.line_of(text, match.start())}"
        names = CODE.findall(match.group(2))
        if not names:
            yield f"{at}: {match.group(1)} names no test"
        for name in names:
            if not (root / name).exists() and " ".join(name.split()) not in tests:
                yield f"{at}: no test {name}"


def check(root):
    documents = sorted(root.glob("*.md")) + tree.files(root, ("docs",), (".md",))
    code = "\n".join(path.read_text() for path in tree.sources(root, CODE_FOLDERS))
    # A title may be spread over several literals.
    tests = "\n".join(path.read_text() for path in tree.files(root, ("tests",), (".cc", ".py")))
    tests = " ".join(re.sub(r'"\s*\n\s*"', "", tests).split())
    faults = []
    for path in documents:
        text = path.read_text()
        faults += check_links(root, path, text)
        if path == root / "README.md":
            faults += check_quotes(root, path, text)
        if path.name == "security.md":
            faults += check_attacks(root, path, text, tests)
        if path.name != "rfc.md":
            faults += check_names(root, path, text, code, path.name == "architecture.md")
    return faults, len(documents)


def self_test():
    def faults(text, name="docs/architecture.md"):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            for path, content in {
                "libmail/src/smtp/a.cc": "void accept_mail() {}\n", "docs/store.md": "# Store: the `disk`\n",
                "README.md": "[docs](docs/store.md)\n", "libmail/include/mail/smtp/a.h": "",
                "examples/a.cc": "int main() {\n  return 0;\n}\n", name: text,
                "tests/unit/a_test.cc": 'TEST_CASE("A thing is refused, "\n          "always") {}\n',
            }.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content)
            return check(root)[0]

    good = """# Journey
    `smtp/a.cc` has `accept_mail()`, `Server::accept_mail()`, `libmail/src/smtp/a.cc`, `mail/smtp/a.h` and `a/b` or `GET /x`.
    [store](store.md#store-the-disk) [home](../README.md) [web](https://example.org/x) [here](#journey)
"""
    tree.self_test([
        ("good", faults(good), None),
        ("function", faults("`refuse_mail()`"), "no refuse_mail() in the code"),
        ("part of a word", faults("`accept()`"), "no accept() in the code"),
        ("path", faults("`libmail/src/smtp/b.cc`"), "no libmail/src/smtp/b.cc in the tree"),
        ("short path", faults("`smtp/b.cc`"), "no smtp/b.cc in the tree"),
        ("path elsewhere", faults("`libmail/src/smtp/b.cc`", "docs/smtp.md"), "no libmail/src/smtp/b.cc in the tree"),
        ("link", faults("[x](nowhere.md)"), "leads nowhere"),
        ("anchor", faults("[x](store.md#gone)"), "no heading #gone"),
        ("quote", faults("```cpp\nreturn 0;\n```\n", "README.md"), None),
        ("misquote", faults("```cpp\nreturn 1;\n```\n", "README.md"), "no program in examples/"),
        ("attack", faults("| A1 | x | y | `A thing is refused, always`, `tests/unit/a_test.cc` |", "docs/security.md"), None),
        ("attack untested", faults("| A1 | x | y | |", "docs/security.md"), "A1 names no test"),
        ("attack mistested", faults("| A1 | x | y | `A thing is gone` |", "docs/security.md"), "no test A thing is gone"),
        ("own anchor", faults("# A\n[x](#gone)", "CONTRIBUTING.md"), "no heading #gone"),
    ])


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    found, count = check(tree.ROOT)
    tree.report(found, f"{count} documents speak of what exists")
