"""Builds the Python package by CMake, which knows how. Options and reasons: docs/python.md."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parent


def version() -> str:
    """CMakeLists.txt is the one place that says it."""
    found = re.search(r"project\(libmail VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    assert found is not None
    return found.group(1)


class Build(build_ext):
    """`_libmail` and the stub beside it, out of a build folder that the next build uses again."""

    def build_extension(self, extension: Extension) -> None:
        # LIBMAIL_BUILD_DIR: one that exists already, of whatever build type.
        build = pathlib.Path(os.environ.get("LIBMAIL_BUILD_DIR") or ROOT / "build" / "pip").resolve()
        if not (build / "CMakeCache.txt").exists():
            options = ["-DCMAKE_BUILD_TYPE=Release", "-DMAIL_TESTS=OFF", "-DMAIL_FRONTENDS=OFF",
                       f"-DPython3_EXECUTABLE={sys.executable}"]
            generator = ["-G", "Ninja"] if shutil.which("ninja") else []
            subprocess.run(["cmake", "-S", ROOT, "-B", build, *generator, *options], check=True)
        jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(os.cpu_count() or 1)
        subprocess.run(["cmake", "--build", build, "--target", "mail_python_package", "--parallel", jobs], check=True)
        target = pathlib.Path(self.get_ext_fullpath(extension.name)).parent
        target.mkdir(parents=True, exist_ok=True)
        built = list((build / "python" / "libmail").glob("_libmail.*"))
        if not any(path.suffix == ".so" for path in built):
            sys.exit(f"CMake left the extension out of {build}; its output says why (python3-dev, pybind11-dev?)")
        for path in built:
            shutil.copy2(path, target / path.name)


setup(
    version=version(),
    packages=["libmail"],
    package_dir={"libmail": "bindings/python/libmail"},
    package_data={"libmail": ["py.typed", "*.pyi"]},
    ext_modules=[Extension("libmail._libmail", sources=[])],
    cmdclass={"build_ext": Build},
)
