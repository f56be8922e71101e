#!/usr/bin/env bash
# maild.sh start|stop [tls]   The daemon as the peers' benchmark wants it: its accounts, loopback, high ports.
#
# Everything lives below $BENCH_TMP/maild (or maild-tls; default /tmp/mailbench). Without `tls` SSL_TYPE is empty: the
# workloads that name no TLS log in without it, which a server that has a certificate refuses. See docs/performance.md.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${BENCH_TMP:=/tmp/mailbench}" "${MAILD:=$here/build/release/bin/maild}"
domain=bench.test password=benchpass
case ${2:-} in
tls) name=maild-tls ssl=self-signed smtp=17025 lmtp=17024 imap=17143 imaps=127.0.0.1:17993 pop3=17110 ;;
*) name=maild ssl='' smtp=15025 lmtp=15024 imap=15143 imaps='' pop3=15110 ;;
esac
dir=$BENCH_TMP/$name
case ${1:-} in
start)
  mkdir -p "$dir/config" "$dir/mail/$domain" "$dir/state"
  chmod 755 "$BENCH_TMP" "$dir"
  chown 5000:5000 "$dir/mail" "$dir/mail/$domain" "$dir/state"
  {
    for n in $(seq 0 99); do echo "u$n@$domain|{PLAIN}$password"; done
    for account in m1k m10k m100k scratch; do echo "$account@$domain|{PLAIN}$password"; done
    # The one account with a costly hash: SHA512-CRYPT, 5000 rounds, of the same password.
    echo "sha@$domain|{SHA512-CRYPT}$(openssl passwd -6 "$password")"
  } > "$dir/config/postfix-accounts.cf"
  cat > "$dir/config/mailserver.env" <<SETTINGS
OVERRIDE_HOSTNAME=mail.$domain
SSL_TYPE=$ssl
LOG_LEVEL=warn
ENABLE_POP3=1
MAIL_MAX_USERIP_CONNECTIONS=0
LISTEN_SMTP=127.0.0.1:$smtp
LISTEN_SUBMISSION=
LISTEN_SUBMISSIONS=
LISTEN_LMTP=127.0.0.1:$lmtp
LISTEN_IMAP=127.0.0.1:$imap
LISTEN_IMAPS=$imaps
LISTEN_POP3=127.0.0.1:$pop3
LISTEN_POP3S=
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
  echo "usage: maild.sh start|stop [tls]" >&2
  exit 2
  ;;
esac
