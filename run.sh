#!/usr/bin/env bash
# Builds maild and mailctl and shows them at work: one account, one alias, one message in by SMTP and out by IMAP.
#
#   ./run.sh          stays in the foreground, for your mail client to try, until Ctrl-C
#   ./run.sh --check  the same, then stops
#
# On Debian 12, installs what is missing (as root or by sudo). Everything it makes is under build/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source .ci/packages.sh

if (($# > 1)) || [[ ${1:-} != "" && ${1:-} != "--check" ]]; then
  echo "Usage: ./run.sh [--check]" >&2
  exit 2
fi

install_packages build
echo "Building maild and mailctl in build/release"
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release --target maild mailctl; } >build/release.log 2>&1; then
  tail -n 40 build/release.log >&2
  echo "The build failed; all it said is in build/release.log." >&2
  exit 1
fi
exec python3 -B examples/first_message.py build/release/bin "$@"
