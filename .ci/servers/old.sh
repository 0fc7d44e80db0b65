# Servers of one protocol, by openssl s_server, which still speaks what nginx is no longer asked for. Sourced by ../live.

old_sites=(tls10 tls11 tls10strict tls12rsa tls13 open)

# NAME OPTION...
old() {
  ports "$1"
  start openssl s_server -quiet -www -accept "127.0.0.1:${https[$1]}" -cert "$work/$1.leaf" -cert_chain "$work/middle.pem" \
    -key "$work/$1.key" "${@:2}"
  up "${https[$1]}" "s_server $1"
}

old tls10 -tls1 -cipher 'ALL:@SECLEVEL=0'
old tls11 -tls1_1 -cipher 'ALL:@SECLEVEL=0'
# Offers TLS 1.0, but its security level forbids the signatures: an alert is no acceptance.
old tls10strict -tls1
old tls12rsa -tls1_2 -cipher AES128-SHA
old tls13 -tls1_3
# No suite is too weak.
old open -cipher 'ALL:aNULL:eNULL:@SECLEVEL=0'
