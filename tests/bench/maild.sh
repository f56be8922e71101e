#!/usr/bin/env bash
# maild.sh start|stop   The daemon as the peers' benchmark wants it: its accounts, loopback, high ports.
#
# Everything lives below $BENCH_TMP/maild (default /tmp/mailbench/maild). SSL_TYPE is empty: the workloads that name no
# TLS log in without it. See docs/performance.md.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${BENCH_TMP:=/tmp/mailbench}" "${MAILD:=$here/build/release/bin/maild}"
dir=$BENCH_TMP/maild
domain=bench.test password=benchpass
case ${1:-} in
start)
  mkdir -p "$dir/config" "$dir/mail/$domain" "$dir/state"
  chmod 755 "$BENCH_TMP" "$dir"
  chown 5000:5000 "$dir/mail" "$dir/mail/$domain" "$dir/state"
  {
    for n in $(seq 0 99); do echo "u$n@$domain|{PLAIN}$password"; done
    for name in m1k m10k m100k scratch; do echo "$name@$domain|{PLAIN}$password"; done
    # The one account with a costly hash: SHA512-CRYPT, 5000 rounds, of the same password.
    echo "sha@$domain|{SHA512-CRYPT}$(openssl passwd -6 "$password")"
  } > "$dir/config/postfix-accounts.cf"
  cat > "$dir/config/mailserver.env" <<SETTINGS
OVERRIDE_HOSTNAME=mail.$domain
SSL_TYPE=
LOG_LEVEL=warn
LISTEN_SMTP=127.0.0.1:15025
LISTEN_SUBMISSION=
LISTEN_SUBMISSIONS=
LISTEN_IMAP=127.0.0.1:15143
LISTEN_IMAPS=
SETTINGS
  rm -f "$dir/state/run/listeners.json"
  "$MAILD" --config "$dir/config" --mail "$dir/mail" --state "$dir/state" 2> "$dir/log" &
  echo $! > "$dir/pid"
  for _ in $(seq 100); do
    if [ -e "$dir/state/run/listeners.json" ]; then exit 0; fi
    sleep 0.05
  done
  echo "maild did not start; see $dir/log" >&2
  exit 1
  ;;
stop) kill "$(cat "$dir/pid")" ;;
*)
  echo "usage: maild.sh start|stop" >&2
  exit 2
  ;;
esac
