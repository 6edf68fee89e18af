#!/bin/sh
# Makes `.env` and one random secret per file for docker-compose.yml. Refuses to touch what is there: a changed secret locks the
# services out of the databases that were made with the old one.
#
#   deploy/make-env.sh [DIRECTORY]      DIRECTORY: that of docker-compose.yml; the one above this script when not given
set -eu
umask 077

# The images' users: node, influxdb.
owner=1000

here=$(cd "$(dirname "$0")" && pwd)
root=${1:-$here/..}
[ -d "$root" ] || { echo "make-env: expected a directory, got \"$root\"" >&2; exit 2; }
root=$(cd "$root" && pwd)
secrets=$root/deploy/secrets

for path in "$root/.env" "$secrets"; do
  if [ -e "$path" ] || [ -L "$path" ]; then
    echo "make-env: $path is there already; move it away if you really want new secrets" >&2
    exit 1
  fi
done

random() {
  value=$(od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n')
  [ "${#value}" -eq 64 ] || { echo 'make-env: cannot read /dev/urandom' >&2; exit 1; }
  printf '%s\n' "$value"
}

mkdir -p "$root/deploy"
work=$(mktemp -d "$root/deploy/.secrets-XXXXXX")
trap 'rm -rf "$work"' EXIT
for name in admin-token cases-secret cases-inbound-secret influx-admin-password influx-admin-token \
  influx-grafana-password grafana-admin-password grafana-secret-key; do
  random >"$work/$name"
done
trap 'rm -rf "$work" "$work.env"' EXIT
sed 's|^SECRETS_DIR=$|SECRETS_DIR=./deploy/secrets|' "$here/env.example" >"$work.env"
if [ "$(id -u)" -eq 0 ]; then
  chown -R "$owner:$owner" "$work"
  # Compose reads the settings as whoever calls it, not as root.
  chown "${SUDO_UID:-0}:${SUDO_GID:-0}" "$work.env"
fi

# In one move each, the settings last: what is half made is not found.
mv "$work" "$secrets"
ln "$work.env" "$root/.env"

echo "make-env: wrote $root/.env and $secrets"
if [ "$(id -u)" -ne 0 ] && [ "$(id -u)" -ne "$owner" ]; then
  echo "make-env: the containers run as id $owner and cannot read files of id $(id -u) yet: sudo chown -R $owner:$owner $secrets" >&2
fi
