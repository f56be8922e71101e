#!/usr/bin/env python3
"""What was linked: no OpenSSL in maild and mailctl, and in a release every hardening.

    binaries.py [--hardened] FILE…      a FILE that does not exist (yet) is named and skipped

OpenSSL's symbols clash with BoringSSL's: a library that brings it in makes every handshake a gamble.
"""

import os
import re
import subprocess
import sys
import tempfile

import tree

OPENSSL = re.compile(r"\b(lib(?:ssl|crypto)\.so\.[1-9][\d.]*)")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout


def openssl_faults(ldd):
    """In the output of ldd. BoringSSL's libraries (Debian's, of Android) are libssl.so.0 and libcrypto.so.0."""
    for name in sorted(set(OPENSSL.findall(ldd))):
        yield f"links {name}, which is OpenSSL: find who brings it in with lddtree or readelf -d"
    for name in re.findall(r"(\S+) => not found", ldd):
        yield f"{name} is not found at run time: RPATH?"


def hardening_faults(header, segments, dynamic, symbols):
    """In the outputs of readelf -h, -lW, -dW and --dyn-syms -W."""
    if not re.search(r"Type:\s+DYN", header) or not re.search(r"FLAGS_1.*\bPIE\b", dynamic):
        yield "is no position independent executable"
    if "GNU_RELRO" not in segments:
        yield "has no RELRO segment"
    if not re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic):
        yield "binds lazily, so that RELRO is not full"
    stack = re.search(r"GNU_STACK(.*)", segments)
    if not stack or re.search(r"\bRWE\b|\bR?W?E\b", stack.group(1)):
        yield "has an executable stack"
    if "__stack_chk_fail" not in symbols:
        yield "was built without stack protector"
    if not re.search(r"\b__\w+_chk\b", symbols):
        yield "was built without _FORTIFY_SOURCE"


def check(path, hardened):
    faults = list(openssl_faults(output("ldd", path)))
    if hardened:
        faults += hardening_faults(output("readelf", "-h", path), output("readelf", "-lW", path),
                                   output("readelf", "-dW", path), output("readelf", "--dyn-syms", "-W", path))
    return [f"{path} {fault}" for fault in faults]


PROGRAM = """
#include <cstdio>
#include <cstring>
int main(int count, char** words) {
  char line[64];
  if (count > 1) std::strcpy(line, words[1]); else std::strcpy(line, "nobody");
  return std::printf("%s\\n", line) < 0;
}
"""
HARDENED = ["-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong", "-fPIE", "-pie",
            "-Wl,-z,relro,-z,now,-z,noexecstack"]


def self_test():
    compiler = os.environ.get("CXX", "c++")
    with tempfile.TemporaryDirectory() as folder:
        source, binary = os.path.join(folder, "x.cc"), os.path.join(folder, "x")
        with open(source, "w") as file:
            file.write(PROGRAM)

        def built(*flags):
            subprocess.run([compiler, source, "-o", binary, *HARDENED, *flags], check=True, stderr=subprocess.DEVNULL)
            return check(binary, hardened=True)

        tree.self_test([
            ("good", built(), None),
            ("no PIE", built("-fno-pie", "-no-pie"), "position independent"),
            ("no RELRO", built("-Wl,-z,norelro"), "RELRO segment"),
            ("lazy", built("-Wl,-z,lazy"), "lazily"),
            ("stack", built("-Wl,-z,execstack"), "executable stack"),
            ("no protector", built("-fno-stack-protector"), "stack protector"),
            ("no fortify", built("-U_FORTIFY_SOURCE"), "_FORTIFY_SOURCE"),
            ("OpenSSL", openssl_faults("\tlibssl.so.3 => /lib/libssl.so.3 (0x0)\n"), "libssl.so.3"),
            ("old OpenSSL", openssl_faults("\tlibcrypto.so.1.1 => /lib/libcrypto.so.1.1 (0x0)\n"), "libcrypto.so.1.1"),
            ("BoringSSL", openssl_faults("\tlibssl.so.0 => /usr/lib/android/libssl.so.0 (0x0)\n"), None),
            ("lost", openssl_faults("\tlibssl.so.0 => not found\n"), "not found at run time"),
        ])


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    names = [name for name in sys.argv[1:] if not name.startswith("--")]
    there = [name for name in names if os.path.exists(name)]
    for name in sorted(set(names) - set(there)):
        print(f"skipped: {name} is not built")
    if not there:
        sys.exit(tree.SKIPPED)
    found = [fault for name in there for fault in check(name, "--hardened" in sys.argv)]
    tree.report(found, f"{', '.join(os.path.basename(name) for name in there)}: nothing wrong")
