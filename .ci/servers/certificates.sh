# Certificates for the sites, by openssl: a root, an intermediate, and one leaf for each kind. Sourced by ../live.
# Files: $work/KIND.pem (with its chain), $work/KIND.key, $work/ca.pem.

certificates() (
  cd "$work"
  mkdir issued
  touch index.txt
  day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
  # Issuer of the leaves, by openssl ca: it alone can set both dates.
  cat >ca.conf <<CONF
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = issued
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
CONF
  key() { openssl genpkey -quiet "${@:2}" -out "$1.key" 2>/dev/null || openssl genpkey "${@:2}" -out "$1.key" 2>/dev/null; }
  authority() { # NAME ISSUER
    key "$1" -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    local self=(-selfsign -keyfile "$1.key")
    [ "$1" == "$2" ] || self=(-cert "$2.pem" -keyfile "$2.key")
    openssl ca -batch -notext -config ca.conf "${self[@]}" -in "$1.csr" -out "$1.pem" -extensions authority \
      -startdate "$(day '-900 days')" -enddate "$(day '+900 days')" 2>>openssl.log
  }
  leaf() { # KIND HOST FROM TO ISSUER KEY...
    key "$1" "${@:6}"
    openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
    printf '[leaf]\nbasicConstraints = CA:FALSE\nsubjectAltName = DNS:%s\nauthorityKeyIdentifier = keyid\n' "$2" >"$1.ext"
    openssl ca -batch -notext -config ca.conf -cert "$5.pem" -keyfile "$5.key" -in "$1.csr" -out "$1.leaf" -extensions leaf \
      -extfile "$1.ext" -startdate "$(day "$3")" -enddate "$(day "$4")" 2>>openssl.log
    cat "$1.leaf" "$5.pem" >"$1.pem"
  }
  local ec=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256) rsa=(-algorithm RSA -pkeyopt rsa_keygen_bits:2048)
  authority ca ca
  authority middle ca
  authority stranger stranger
  for site in good api spa spaleak metacsp; do leaf "$site" "$site.example.test" '-30 days' '+60 days 12 hours' middle "${ec[@]}"; done
  for site in mixed bad tls10 tls11 tls10strict tls12rsa tls13 open; do
    leaf "$site" "$site.example.test" '-30 days' '+60 days 12 hours' middle "${rsa[@]}"
  done
  leaf expired expired.example.test '-100 days' '-9 days -12 hours' middle "${ec[@]}"
  leaf notyet notyet.example.test '+10 days' '+100 days' middle "${ec[@]}"
  leaf soon soon.example.test '-85 days' '+5 days 12 hours' middle "${ec[@]}"
  leaf wronghost other.example.test '-30 days' '+60 days' middle "${ec[@]}"
  leaf nochain nochain.example.test '-30 days' '+60 days' middle "${ec[@]}"
  cp nochain.leaf nochain.pem
  leaf weakkey weakkey.example.test '-30 days' '+60 days' middle -algorithm RSA -pkeyopt rsa_keygen_bits:1024
  leaf multifault other.example.test '-100 days' '-10 days' stranger "${ec[@]}"
  key selfsigned "${rsa[@]}"
  openssl req -x509 -key selfsigned.key -subj /CN=selfsigned.example.test -addext subjectAltName=DNS:selfsigned.example.test \
    -days 60 -out selfsigned.pem 2>>openssl.log
  chmod 644 ./*.key
)
certificates || { echo "certificates: openssl failed"; cat "$work/openssl.log"; exit 1; }
