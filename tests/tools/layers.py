#!/usr/bin/env python3
"""Modules include only what libmail/layers.txt lets them, and CMake links what they include.

layers.txt tells the format. Checked: `#include "mail/<module>/…"`, private includes, headers and words reserved to some
modules, and that DEPENDS in libmail/CMakeLists.txt says the same as layers.txt.
"""

import pathlib
import re
import sys
import tempfile

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<open>[<"])(?P<path>[^>"]+)[>"]', re.MULTILINE)


FRONTENDS = ("frontends", "bindings")


class Layers:
    def __init__(self, text):
        self.layer = {}
        self.includes = {}
        self.exceptions = {}
        self.only = []
        self.faults = []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "only":
                self.only.append((words[1], set(words[2:]) - {"none"}))
                continue
            module, layer, *names = words
            self.layer[module] = int(layer)
            self.includes[module] = {name.lstrip("!") for name in names}
            self.exceptions[module] = {name[1:] for name in names if name.startswith("!")}
            if self.exceptions[module] and "#" not in line:
                self.faults.append(f"layers.txt:{number}: the exception of {module} gives no reason")
        for module, names in self.includes.items():
            for name in sorted(names):
                if name not in self.layer:
                    self.faults.append(f"layers.txt: {module} includes {name}, which has no line")
                elif self.layer[name] >= self.layer[module] and name not in self.exceptions[module]:
                    self.faults.append(f"layers.txt: {name} is not below {module}: write !{name} and the reason")


def module_of(path):
    """libmail/src/smtp/x.cc and libmail/include/mail/smtp/x.h and libmail/include/mail/smtp.h belong to smtp."""
    parts = path.parts
    if parts[:2] == ("libmail", "src"):
        return parts[2]
    if parts[:3] == ("libmail", "include", "mail"):
        return parts[3].removesuffix(".h")
    if parts[0] in FRONTENDS:
        return parts[1]
    return None


def check_file(path, text, layers):
    module = module_of(path)
    if module is None:
        return
    frontend = path.parts[0] in FRONTENDS
    if not frontend and module not in layers.layer:
        yield f"{path}: layers.txt has no line for {module}"
        return
    code = tree.without_comments(text, keep_strings=True)
    for match in INCLUDE.finditer(code):
        at = f"{path}:{tree.line_of(code, match.start('path'))}"
        name = match.group("path")
        if match.group("open") == "<":
            if name.startswith("mail/"):
                yield f'{at}: write "{name}": angles are for what is not ours'
            continue
        if name.startswith("mail/"):
            other = name.split("/")[1].removesuffix(".h")
            if frontend:
                if other not in layers.layer:
                    yield f"{at}: layers.txt has no line for {other}"
            elif other != module and other not in layers.includes[module]:
                yield f"{at}: {module} may not include {other}"
        elif frontend:
            if name.split("/")[0] in layers.layer:
                yield f"{at}: a frontend includes public headers only, not {name}"
        elif "/" in name and name.split("/")[0] != module:
            yield f"{at}: private headers of {module} are included as \"{module}/…\", not \"{name}\""
        elif path.parts[1] == "include":
            yield f"{at}: a public header includes the private {name}"

    bare = tree.without_comments(text)
    for what, allowed in layers.only:
        if module in allowed:
            continue
        if what.startswith("<"):
            pattern = r"^[ \t]*#[ \t]*include[ \t]*" + re.escape(what)
        else:
            pattern = r"\b" + re.escape(what) + r"\b"
        for match in re.finditer(pattern, bare, re.MULTILINE):
            who = ", ".join(sorted(allowed)) or "nobody"
            yield f"{path}:{tree.line_of(bare, match.end())}: {what} is for {who}, not for {module}"


def check_cmake(text, layers):
    text = re.sub(r"#[^\n]*", "", text)
    linked = {}
    for call in re.findall(r"\bmail_library\(([^)]*)\)", text):
        words = call.split()
        depends = set()
        if "DEPENDS" in words:
            for word in words[words.index("DEPENDS") + 1 :]:
                if word.isupper():
                    break
                depends.add(word)
        linked[words[0]] = depends
    for module in sorted(linked.keys() | layers.layer.keys()):
        if module not in linked:
            yield f"layers.txt has {module}, libmail/CMakeLists.txt has no mail_library({module} …)"
        elif module not in layers.layer:
            yield f"libmail/CMakeLists.txt has {module}, layers.txt has not"
        else:
            for name in sorted(linked[module] - layers.includes[module]):
                yield f"mail_library({module}) DEPENDS {name}, which layers.txt does not list"
            for name in sorted(layers.includes[module] - linked[module]):
                yield f"layers.txt: {module} includes {name}, which its mail_library line does not list in DEPENDS"


def check(root):
    layers = Layers((root / "libmail/layers.txt").read_text())
    faults = list(layers.faults)
    faults += check_cmake((root / "libmail/CMakeLists.txt").read_text(), layers)
    paths = tree.sources(root, ("libmail", *FRONTENDS))
    for path in paths:
        faults += check_file(path.relative_to(root), path.read_text(), layers)
    return faults, len(paths)


GOOD = {
    "libmail/layers.txt": "base 0\ntext 0 !base # ground\nsmtp 2 base text\nimap 2 base\nonly <asio net\nonly co_await base\n",
    "libmail/CMakeLists.txt": "mail_library(base)\nmail_library(text DEPENDS base)\n"
    "mail_library(smtp DEPENDS base text LIBRARIES x)\nmail_library(imap DEPENDS base)\n",
    "libmail/src/smtp/a.cc": '#include "mail/smtp/a.h"\n#include <string>\n#include "mail/text/b.h"\n'
    '#include "smtp/own.h"\n#include "own.h"\n// co_await <asio.hpp> only in words\n',
    "libmail/include/mail/smtp.h": '#include "mail/smtp/a.h"\n',
    "bindings/python/src/a.cc": '#include "own.h"\n#include "mail/smtp.h"\n',
    "frontends/maild/main.cc": '#include "mail/smtp.h"\n#include "maild/own.h"\n',
}


def self_test():
    def faults(**changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**GOOD, **changes.pop("files", {})}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check(root)[0]

    def example(name, path, text, expected):
        return name, faults(files={path: text}), expected

    imap = "libmail/src/imap/a.cc"
    tree.self_test([
        ("good", faults(), None),
        example("sibling", imap, '#include "mail/smtp/a.h"\n', "imap may not include smtp"),
        example("sibling's start header", imap, '#include "mail/smtp.h"\n', "imap may not include smtp"),
        example("upwards", "libmail/include/mail/text/a.h", '#include "mail/smtp/a.h"\n', "text may not include smtp"),
        example("line number", imap, '\n\n#include "mail/smtp/a.h"\n', "a.cc:3:"),
        example("asio", imap, "#  include <asio/io_context.hpp>\n", "<asio is for net"),
        example("word", imap, "int f() { co_await g(); }\n", "co_await is for base"),
        example("angles", imap, "#include <mail/base/a.h>\n", "angles are for"),
        example("foreign private header", imap, '#include "smtp/own.h"\n', "private headers of imap"),
        example("private in public", "libmail/include/mail/imap/a.h", '#include "imap/own.h"\n', "includes the private"),
        example("frontend", "frontends/maild/x.cc", '#include "smtp/own.h"\n', "public headers only"),
        example("binding", "bindings/python/src/x.cc", "#include <asio.hpp>\n", "<asio is for net, not for python"),
        example("unknown module", "libmail/src/pop3/a.cc", "", "no line for pop3"),
        example("cmake lacks", "libmail/CMakeLists.txt", GOOD["libmail/CMakeLists.txt"].replace("base text", "base"),
                "smtp includes text, which its mail_library line"),
        example("cmake has more", "libmail/CMakeLists.txt",
                GOOD["libmail/CMakeLists.txt"].replace("imap DEPENDS base", "imap DEPENDS base smtp"),
                "DEPENDS smtp, which layers.txt"),
        example("sibling without !", "libmail/layers.txt", GOOD["libmail/layers.txt"] + "pop3 2 imap\n",
                "imap is not below pop3"),
        example("exception without reason", "libmail/layers.txt", GOOD["libmail/layers.txt"] + "pop3 2 !imap\n",
                "gives no reason"),
    ])


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    found, count = check(tree.ROOT)
    tree.report(found, f"{count} files keep to libmail/layers.txt")
