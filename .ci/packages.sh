# Sourced by run.sh, test.sh and .ci/run: the Debian packages that each needs, and how the missing ones get there.

packages_build=(
  g++ cmake ninja-build pkg-config
  libabsl-dev              # Status, hash maps
  libasio-dev              # event loops
  android-libboringssl-dev # TLS, digests; never OpenSSL
  libre2-dev               # regular expressions
  libunistring-dev         # case folding
  libidn2-dev              # internationalised domain names
  libargon2-dev            # password hashes
  nlohmann-json3-dev libcli11-dev libspdlog-dev # frontends
  python3                  # the demo, and tests
)
packages_python=(python3-dev pybind11-dev) # the Python extension
packages_test=(
  catch2 valgrind clang-format-19 ccache git
  tzdata curl swaks libnet-ssleay-perl isync mutt neomutt msmtp getmail6 libsasl2-modules # clients of tests/live
  mypy python3-pip python3-setuptools python3-wheel python3-venv # checks types, installs the Python package
  strace # counts system calls in tests/live
  dovecot-imapd dovecot-pop3d # take mail over and give it back in tests/live
)
packages_npm=(nodejs npm) # for imapflow, in .ci/run alone: Debian's npm brings hundreds of packages
packages_fuzz=(clang-19 libclang-rt-19-dev)

# install_packages build test …: those groups, as far as they are missing.
install_packages() {
  local group name missing=()
  for group in "$@"; do
    local -n names="packages_$group"
    for name in "${names[@]}"; do
      [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
  done
  ((${#missing[@]})) || return 0

  if ! command -v apt-get >/dev/null; then
    echo "This is not Debian: please see to it that these are here, under whatever name: ${missing[*]}" >&2
    return 0
  fi
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || {
      echo "Missing: ${missing[*]}. Run this as root, or install them by: apt-get install ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq </dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# What was compiled in one checkout need not be compiled again in the next.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
