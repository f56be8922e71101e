#!/usr/bin/env python3
"""co_await stands alone in its statement, and nothing is built inside its arguments.

g++ 12 miscompiles co_await inside larger expressions, and destroys capturing lambdas and aggregates built in its
arguments twice. Allowed are

    co_await f(named);      x = co_await f(named);      auto x = co_await f(named);      co_return co_await f(named);

where the arguments hold no lambda with captures and no braced temporary: name it first, then std::move it in.
"""

import re
import sys

import tree

AWAIT = re.compile(r"\bco_await\b")
CONTROL = re.compile(r"^(?:else\b|do\b|case\b(?:[^:]|::)*:(?!:)|default\s*:|\w+\s*:(?!:))\s*")
HEADED = re.compile(r"^(?:if(?:\s+constexpr)?|for|while|switch)\s*(?=\()")
TARGET = re.compile(r"^[\w:<>,\s&*.\->\[\]()]*[\w\])>]\s*=$")


def matching(text, start):
    """The offset behind the bracket that closes the one at `start`."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    stack = []
    for i in range(start, len(text)):
        if text[i] in pairs:
            stack.append(pairs[text[i]])
        elif stack and text[i] == stack[-1]:
            stack.pop()
            if not stack:
                return i + 1
    return len(text)


def statement_start(code, at):
    """Where the statement of the co_await at `at` begins, or a fault when it stands inside brackets."""
    depth = 0
    i = at - 1
    while i >= 0:
        c = code[i]
        if c in ")]":
            depth += 1
        elif c in "([":
            if depth == 0:
                return None, "inside brackets"
            depth -= 1
        elif c in "{};" and depth == 0:
            return i + 1, None
        elif c in "{}" and depth > 0:  # a block inside parentheses, before us: leave it as a whole
            if c == "}":
                braces = 1
                while i > 0 and braces:
                    i -= 1
                    braces += {"}": 1, "{": -1}.get(code[i], 0)
            else:
                return None, "inside brackets"
        i -= 1
    return 0, None


def prefix_fault(prefix):
    prefix = prefix.strip()
    while True:
        control = CONTROL.match(prefix)
        headed = HEADED.match(prefix)
        if headed:
            prefix = prefix[matching(prefix, headed.end()) :].strip()
        elif control:
            prefix = prefix[control.end() :].strip()
        else:
            break
    if prefix in ("", "co_return"):
        return None
    if re.search(r"\bauto\s*&{0,2}\s*\[", prefix):
        return "a structured binding: name the result, then take it apart"
    declared = re.sub(r"^(?:const\s+)?decltype\([^()]*\)", "auto", prefix)
    if TARGET.match(declared) and not re.search(r"[(]|[=!<>+\-*/|&^%]=$|=.*=", declared):
        return None
    return f"part of an expression ('{' '.join(prefix.split())} co_await …')"


def argument_faults(code, start, end):
    """Inside the parentheses of an awaited call: no capturing lambda, no braces."""
    i = start + 1
    while i < end - 1:
        c = code[i]
        if c == "[" and re.search(r"[(,=?:&|]\s*$", code[start:i]):
            close = matching(code, i)
            captures = code[i + 1 : close - 1].strip()
            if captures:
                yield i, "a capturing lambda built in its arguments: name it, then std::move it in"
            body = code.find("{", close)
            i = matching(code, body) if 0 <= body < end else close
            continue
        if c == "{":
            yield i, "a braced temporary built in its arguments: name it, then std::move it in"
            i = matching(code, i)
            continue
        i += 1


def operand_faults(code, at):
    """From behind `co_await`: names, calls and member access up to the semicolon, nothing else."""
    i = at
    while i < len(code):
        c = code[i]
        if c == ";":
            return
        if c.isspace() or c.isalnum() or c in "_.":
            i += 1
        elif code.startswith(("::", "->"), i):
            i += 2
        elif c == "(":
            end = matching(code, i)
            yield from argument_faults(code, i, end)
            i = end
        elif c == "[":
            i = matching(code, i)
        elif c == "<" and re.search(r"\w$", code[:i]):
            close = re.compile(r"[^;(){}]*?>(?=\s*(?:\(|::))").match(code, i)
            if not close:
                yield i, "more behind it: '<'"
                return
            i = close.end()
        elif c == "*" and not code[at:i].strip():
            i += 1
        elif c == "{":
            yield i, "a braced temporary: name it first"
            return
        else:
            yield i, f"more behind it: '{c}'"
            return


def check_text(path, text):
    code = tree.without_comments(text)
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), code, flags=re.MULTILINE)
    for match in AWAIT.finditer(code):
        at = f"{path}:{tree.line_of(code, match.start())}"
        start, fault = statement_start(code, match.start())
        if fault is None:
            fault = prefix_fault(code[start : match.start()])
        if fault:
            yield f"{at}: co_await is {fault}; it must stand alone in its statement"
            continue
        for offset, what in operand_faults(code, match.end()):
            yield f"{path}:{tree.line_of(code, offset)}: co_await with {what}"


def self_test():
    good = """
    Task<void> f() {
      co_await g();
      auto x = co_await g(a, std::move(job));
      const StatusOr<int> y = co_await h->open<int, Foo<3>>(path);
      x = co_await run_on(worker, std::move(job));
      this->state_.x = co_await list[3].get();
      if (ready) co_await g();
      if (ready) { co_await g(); } else co_await h();
      for (;;) { auto n = co_await next(); }
      while (f(a, b)) x = co_await next();
      switch (n) { case Kind::kA: co_await g(); break; default: co_await h(); }
      auto job = [&] { return Foo{1, 2}; };  // co_await in a comment f(co_await g())
      auto lazy = [](int n) -> Task<int> { co_return co_await g(n); };
      co_await std::move(task);
      co_await each(list, [](int n) { return n; });
      number = 10'000; text = "co_await (x)";
      auto* p = co_await find(name);
      co_return co_await g();
    }
    #define F(x) (co_await x)
    """
    bad = {
        "inside brackets": [
            "if (co_await g()) x();", "while (!co_await g()) x();", "f(co_await g());",
            "for (auto& x : co_await g()) y();", "auto x = f(1, co_await g());", "auto x = (co_await g());",
            "auto x = list[co_await g()];", "MAIL_ASSIGN_OR_RETURN(auto x, co_await g());",
            "if (auto x = co_await g(); x) y();",
        ],
        "part of an expression": [
            "auto x = a ? co_await g() : 0;", "auto x = !co_await g();", "x += co_await g();", "x = a && co_await g();",
            "auto x = 1 + co_await g();", "a = b = co_await g();", "return co_await g();", "bool b = x == co_await g();",
            "f(a), co_await g();", "f([] { return 1; }, co_await g());",
        ],
        "a structured binding": ["auto [a, b] = co_await g();", "auto& [a, b] = co_await g();"],
        "more behind it": ["auto x = co_await g() + 1;", "auto x = co_await g() ? 1 : 2;", "co_await g(), f();",
                        "auto x = Foo{co_await g()};", "Foo x{co_await g()};", "auto x = co_await g() || y;",
                        "x = co_await g() == 1;", "auto x = co_await g < 3;"],
        "a capturing lambda": ["co_await g([&] { return 1; });", "co_await g(worker, [x = 1] { return x; });",
                               "auto x = co_await run_on(worker, [this]() { return 1; });"],
        "a braced temporary": ["co_await g(Foo{1, 2});", "co_await g({1, 2});", "co_await Foo{1};",
                               "co_await g(std::vector<int>{});"],
    }
    cases = [("good", check_text("good.cc", good), None)]
    for expected, statements in bad.items():
        for statement in statements:
            cases.append((statement, check_text("bad.cc", f"Task<void> f() {{\n  {statement}\n}}\n"), expected))
    tree.self_test(cases)


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    faults, awaits = [], 0
    for source in tree.sources():
        text = source.read_text()
        awaits += len(AWAIT.findall(tree.without_comments(text)))
        faults += check_text(source.relative_to(tree.ROOT), text)
    tree.report(faults, f"{awaits} co_await stand alone")
