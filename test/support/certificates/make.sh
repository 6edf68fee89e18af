#!/usr/bin/env bash
# Makes the certificates of the tests anew, in this folder, valid from 2020 to 2120. They protect nothing: everybody has the keys.
# `authority` signs the server's and the devices' ones; `stranger` signs the one that must be turned away.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"
cat > "$work/ca.conf" <<CONF
[ca]
default_ca = own
[own]
database = $work/index
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
CONF

request() { # name, subject
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$2" -keyout "$1.key" -out "$work/$1.csr"
}

authority() { # name
  request "$1" "/CN=hetao test $1"
  printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' > "$work/$1.ext"
  sign "$1" "-selfsign -keyfile $1.key" 21200101000000Z
}

signed() { # name, authority, subject, usage, alternative names, last day
  request "$1" "$3"
  { echo "extendedKeyUsage=$4"; [ -z "$5" ] || echo "subjectAltName=$5"; } > "$work/$1.ext"
  sign "$1" "-cert $2.crt -keyfile $2.key" "${6:-21200101000000Z}"
}

sign() { # name, by whom, last day
  # shellcheck disable=SC2086
  openssl ca -batch -notext -config "$work/ca.conf" -in "$work/$1.csr" -extfile "$work/$1.ext" $2 \
    -startdate 20200101000000Z -enddate "$3" -out "$1.crt"
}

authority authority
authority stranger
signed server authority '/CN=localhost' serverAuth 'DNS:localhost,IP:127.0.0.1'
signed server-renewed authority '/CN=localhost renewed' serverAuth 'DNS:localhost,IP:127.0.0.1'
signed device-gw authority '/CN=GW' clientAuth ''
signed device-ch authority '/CN=CH' clientAuth ''
signed device-sx-by-alternative-name authority '/CN=unit 7' clientAuth 'URI:urn:unit:7,DNS:SX'
signed device-gw-expired authority '/CN=GW' clientAuth '' 20210101000000Z
signed device-gw-by-stranger stranger '/CN=GW' clientAuth ''
signed account-tts authority '/CN=tts' clientAuth ''
rm authority.key stranger.key
