"""What the tools share: finding the project's files, looking at C++ without its comments, reporting.

Every tool here is run by ctest twice: as it is, against the tree, and with --self-test, against small bad examples of
its own. A check that finds nothing wrong in a wrong example is itself the failure.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE_FOLDERS = ("libmail", "frontends", "bindings", "examples", "fuzz", "tests")
SKIPPED = 77  # ctest's SKIP_RETURN_CODE in tests/tools/CMakeLists.txt


def files(root, folders, suffixes):
    """The files below root/folder for each folder, sorted, without hidden ones."""
    found = []
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "/." not in path.as_posix():
                found.append(path)
    return found


def sources(root=ROOT, folders=SOURCE_FOLDERS):
    return files(root, folders, (".h", ".cc"))


_TOKEN = re.compile(
    r"""
      //[^\n]*                                   # line comment
    | /\*.*?\*/                                  # block comment
    | R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"  # raw string
    | (?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+'  # character; not a digit separator
    | "(?:[^"\\\n]|\\.)*"                        # string
    """,
    re.VERBOSE | re.DOTALL,
)


def without_comments(text, keep_strings=False):
    """C++ text in which comments (and the insides of literals) are blanks; line numbers stay as they are."""

    def blank(match):
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", token)
        if keep_strings:
            return token
        return '"' + re.sub(r"[^\n]", " ", token[1:-1]) + '"'

    return _TOKEN.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def report(faults, good):
    """Prints the faults and ends the process: 1 when there are any, else the sentence that holds now."""
    for fault in faults:
        print(fault)
    if faults:
        print(f"{len(faults)} fault{'s' if len(faults) != 1 else ''}")
        sys.exit(1)
    print(good)
    sys.exit(0)


def self_test(cases):
    """Each case: (name, faults found in its example, text that one of them must contain, or None for no fault)."""
    wrong = []
    for name, faults, expected in cases:
        faults = [str(fault) for fault in faults]
        if expected is None and faults:
            wrong.append(f"{name}: a good example is called bad: {faults}")
        if expected is not None and not any(expected in fault for fault in faults):
            wrong.append(f"{name}: no fault says '{expected}'; found: {faults}")
    report(wrong, f"the tool judges {len(cases)} examples rightly")
