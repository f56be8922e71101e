#!/usr/bin/env python3
"""The installed package serves strangers: find_package(libmail COMPONENTS …) and pkg-config.

    consumers.py BUILD_FOLDER cmake|pkg-config

Installs BUILD_FOLDER into a prefix of its own and builds consumer/<component>.cc, one program for each component that
the package has, by nothing but what was installed; runs them; looks at what they link. A component without a program,
or one that links BoringSSL without need, fails.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
CONSUMER = HERE / "consumer"
# Everything else must do without BoringSSL and without Asio on the machine.
MAY_LINK_BORINGSSL = {"crypto", "directory", "bayes", "server", "net"}
BORINGSSL = re.compile(r"\blib(?:ssl|crypto)\.so")


class Failure(Exception):
    pass


def run(*command, expect_failure=False, **options):
    command = [str(word) for word in command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if (done.returncode != 0) != expect_failure:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def ensure(condition, sentence):
    if not condition:
        raise Failure(sentence)


def install(build, prefix):
    run("cmake", "--install", build, "--prefix", prefix, "--component", "development")
    configs = list(prefix.rglob("libmail-config.cmake"))
    ensure(len(configs) == 1, f"{len(configs)} libmail-config.cmake were installed")
    components = re.findall(r"^libmail_module\((\w+)", configs[0].read_text(), re.MULTILINE)
    for component in components:
        ensure((CONSUMER / f"{component}.cc").exists(), f"the component {component} needs tests/package/consumer/{component}.cc")
    return configs[0].parent, components


def check_texts(package, prefix, build):
    """No flag of our own build leaks: warnings as errors least of all, nor a path of this tree."""
    for path in [*package.iterdir(), *prefix.rglob("*.pc")]:
        text = path.read_text()
        for leak in ("-Werror", "-Wall", "-fsanitize", "_FORTIFY_SOURCE", str(HERE.parents[1]), str(build)):
            ensure(leak not in text, f"the installed {path.name} says {leak}")


def check_program(component, binary):
    run(binary)
    ldd = run("ldd", binary)
    if component not in MAY_LINK_BORINGSSL:
        ensure(not BORINGSSL.search(ldd), f"the consumer of {component} links BoringSSL:\n{ldd}")
    ensure(" => not found" not in ldd, f"the consumer of {component} misses a library:\n{ldd}")
    if component != "net":
        ensure(" asio::" not in run("nm", "-C", binary), f"the consumer of {component} contains Asio")


def by_cmake(prefix, components, folder):
    def configure(name, *arguments, **options):
        build = folder / name
        said = run("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", *arguments, **options)
        return build, " ".join(said.split())

    # As if BoringSSL were not on the machine: whoever can do without must not even look for it.
    free = [component for component in components if component not in MAY_LINK_BORINGSSL]
    build, _ = configure("free", f"-DCOMPONENTS={';'.join(free)}", "-DCMAKE_DISABLE_FIND_PACKAGE_BoringSSL=ON")
    run("cmake", "--build", build)
    for component in free:
        check_program(component, build / component)
    rest = [component for component in components if component not in free]
    build, _ = configure("rest", f"-DPROGRAMS={';'.join(rest)}")
    run("cmake", "--build", build)
    for component in rest:
        check_program(component, build / component)
    _, said = configure("unknown", "-DCOMPONENTS=smpt", expect_failure=True)
    ensure("has no component 'smpt'" in said, f"an unknown component is refused with other words: {said}")
    _, said = configure("needy", "-DCOMPONENTS=crypto", "-DCMAKE_DISABLE_FIND_PACKAGE_BoringSSL=ON", expect_failure=True)
    ensure("BoringSSL" in said, f"a missing BoringSSL is not named: {said}")
    return f"{len(components)} components of find_package(libmail)"


def by_pkg_config(prefix, components, folder):
    pc_folder = next(prefix.rglob("libmail.pc")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(pc_folder)}

    def flags(*arguments):
        return run("pkg-config", *arguments, env=environment).split()

    def build(name, module, source, *static):
        binary = folder / name
        run(os.environ.get("CXX", "c++"), "-std=c++20", *flags("--cflags", module), CONSUMER / f"{source}.cc", "-o", binary,
            *flags(*static, "--libs", module))
        return binary

    ensure(flags("--modversion", "libmail") != [], "libmail.pc has no version")
    # One that needs little, one that needs all, and all at once: the rest differs from these only in names.
    chosen = [component for component in ("smtp", "store", "crypto") if component in components] or components[-1:]
    for component in chosen:
        check_program(component, build(component, f"libmail-{component}", component))
    top = components[-1]
    check_program(top, build("all", "libmail", top))
    check_program(top, build("all_static", "libmail", top, "--static"))
    for component in components:
        run("pkg-config", "--exists", "--print-errors", f"libmail-{component}", env=environment)
    return f"{len(components) + 1} modules of pkg-config"


def main(build, way):
    # The same place each time, so that ccache knows it again.
    folder = build / f"package-{way}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if shutil.which("ccache"):
        os.environ.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
    package, components = install(build, folder / "prefix")
    check_texts(package, folder / "prefix", build)
    consume = {"cmake": by_cmake, "pkg-config": by_pkg_config}[way]
    print(f"{consume(folder / 'prefix', components, folder)} serve their consumers")
    shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2])
    except Failure as failure:
        sys.exit(str(failure))
