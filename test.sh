#!/usr/bin/env bash
# Builds the preset dev and runs its tests. Options go to ctest:
#
#   ./test.sh                       everything
#   ./test.sh -R 'smtp|transcripts' tests whose name matches
#   ./test.sh --rerun-failed        those that failed last time
#
# On Debian 12, installs what is missing (as root or by sudo).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/packages.sh

preset=${MAIL_PRESET:-dev}
install_packages build python test
if [[ $preset == asan ]]; then
  install_packages fuzz # clang
fi
results=$PWD/build/$preset/tests.xml
cmake --preset "$preset"
cmake --build --preset "$preset"
rm -f "$results"
status=0
ctest --preset "$preset" --output-junit "$results" "$@" || status=$?
if [[ -e $results ]]; then
  python3 -B .ci/count.py "$results"
fi
exit "$status"
