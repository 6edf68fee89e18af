#!/bin/sh
# Runs in InfluxDB's container at its first start, after the image has made the organisation, the operator and the raw bucket: makes the
# buckets of the rollups, a token for the product that reaches these buckets and nothing else, and a user for Grafana that reads hours
# and days only. May be run again: the product gets a new token, Grafana's user is made anew.
#
#   docker compose exec influxdb /docker-entrypoint-initdb.d/hetao.sh && docker compose restart hetao
set -eu
umask 077

org=${DOCKER_INFLUXDB_INIT_ORG:?expected the organisation}
bucket=${DOCKER_INFLUXDB_INIT_BUCKET:?expected the bucket of the raw readings}
token_file=${TOKEN_FILE:-/home/influxdb/hetao.token}
password_file=${GRAFANA_PASSWORD_FILE:-/run/secrets/influx-grafana-password}

fail() {
  echo "influx-init: $1" >&2
  exit 1
}

# Prints the id of a bucket, which it makes when it is not there. Kept for ever: the product takes away what is past its time. No shard
# duration is given, as the command would then keep the data for 30 days only (influx-cli issue 524).
bucket_id() {
  id=$(influx bucket list --org "$org" --name "$1" --hide-headers 2>/dev/null | cut -f 1 | tr -d ' ') || id=
  [ -n "$id" ] || id=$(influx bucket create --org "$org" --name "$1" --hide-headers | cut -f 1 | tr -d ' ')
  [ -n "$id" ] || fail "cannot make the bucket $1"
  printf '%s' "$id"
}

raw=$(bucket_id "$bucket")
# InfluxDB finds a bucket called database/policy by itself when InfluxQL asks for "database"."policy".
minutes=$(bucket_id "$bucket/r1m")
hours=$(bucket_id "$bucket/r1h")
days=$(bucket_id "$bucket/r1d")

token=$(influx auth create --org "$org" --description 'hetao: reads and writes telemetry' \
  --read-bucket "$raw" --write-bucket "$raw" \
  --read-bucket "$minutes" --write-bucket "$minutes" \
  --read-bucket "$hours" --write-bucket "$hours" \
  --read-bucket "$days" --write-bucket "$days" \
  --json | sed -n 's/^.*"token": *"\([^"]*\)".*$/\1/p')
[ -n "$token" ] || fail 'cannot make a token for the product'
printf '%s\n' "$token" >"$token_file.new"
mv "$token_file.new" "$token_file"

[ -s "$password_file" ] || fail "expected Grafana's password in $password_file"
influx v1 auth delete --username grafana >/dev/null 2>&1 || true
influx v1 auth create --org "$org" --username grafana --password "$(cat "$password_file")" \
  --description 'Grafana: reads hours and days' --read-bucket "$hours" --read-bucket "$days" >/dev/null ||
  fail "cannot make Grafana's user"

echo "influx-init: buckets $bucket, $bucket/r1m, $bucket/r1h, $bucket/r1d; the product's token is in $token_file"
