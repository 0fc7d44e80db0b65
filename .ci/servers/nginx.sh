# Sites of one nginx, each with an HTTPS and an HTTP port. Sourced by ../live. To add one: a line in nginx_sites, its certificate
# in certificates.sh, a call of `site`, and its rows in facts.tsv and verdicts.tsv.

nginx_sites=(good mixed bad api spa spaleak metacsp expired notyet soon selfsigned wronghost nochain weakkey multifault)

mkdir -p "$work/sites"
page='<!doctype html><html><head><title>Site</title></head><body>'"$(printf '<p>A paragraph worth compressing.</p>%.0s' {1..60})"'</body></html>'
current='ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;'
always='add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
add_header Content-Security-Policy "default-src '"'self'"'; object-src '"'none'"'; base-uri '"'none'"'; frame-ancestors '"'none'"'" always;
add_header X-Content-Type-Options nosniff always;
add_header X-Frame-Options DENY always;
add_header Referrer-Policy strict-origin-when-cross-origin always;'
to_https='return 301 https://$host:$twin$request_uri;'
session='add_header Set-Cookie "__Host-session=0123456789; Path=/; Secure; HttpOnly; SameSite=Lax" always;'

# NAME, TLS settings, HTTPS body, HTTP body
site() {
  ports "$1"
  mkdir -p "$work/www/$1"
  printf '%s\n' "$page" >"$work/www/$1/index.html"
  printf 'server { listen 127.0.0.1:%s ssl%s; server_name _; root %s; ssl_certificate %s; ssl_certificate_key %s;\n%s\n%s\n}\n' \
    "${https[$1]}" "${5:-}" "$work/www/$1" "$work/$1.pem" "$work/$1.key" "$2" "$3" >"$work/sites/$1.conf"
  printf 'server { listen 127.0.0.1:%s; server_name _; root %s; set $twin %s;\n%s\n}\n' \
    "${http[$1]}" "$work/www/$1" "${https[$1]}" "$4" >>"$work/sites/$1.conf"
}

health='location = /healthz { default_type application/json; return 200 "{\"status\":\"ok\"}"; }'
site good "$current" "$always $session $health location ~ /\\. { deny all; return 404; }" "$to_https" " http2"
# Suites as nginx comes, a short pin, a temporary redirect, and headers that an error page loses.
site mixed 'ssl_protocols TLSv1.2 TLSv1.3;' \
  'add_header Strict-Transport-Security "max-age=86400"; add_header X-Content-Type-Options nosniff;' 'return 302 https://$host:$twin$request_uri;'
site bad 'ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers ALL:eNULL:aNULL:@SECLEVEL=0;' \
  'server_tokens on; add_header Access-Control-Allow-Origin $http_origin always; add_header Access-Control-Allow-Credentials true always;
   add_header Set-Cookie "sessionid=0123456789; Path=/" always;' ''
site api "$current" "$always"' default_type application/json; add_header Access-Control-Allow-Origin * always;
  location = / { return 200 "{\"name\":\"api\"}"; } location = /healthz { return 200 "{\"status\":\"ok\"}"; }
  location / { return 404 "{\"error\":\"not found\"}"; }' "$to_https"
site spa "$current" "$always"' location / { try_files $uri /index.html; }' "$to_https"
site spaleak "$current" "$always"' location / { try_files $uri /index.html; }' "$to_https"
site metacsp "$current" 'add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;' "$to_https"
for name in expired notyet soon selfsigned wronghost nochain multifault; do site "$name" "$current" "$always" "$to_https"; done
site weakkey 'ssl_protocols TLSv1.2; ssl_ciphers ECDHE+AESGCM:@SECLEVEL=0;' "$always" "$to_https"

mkdir -p "$work/www/bad/.git"
printf '[core]\n\trepositoryformatversion = 0\n' >"$work/www/bad/.git/config"
printf 'ref: refs/heads/main\n' >"$work/www/bad/.git/HEAD"
printf 'APP_ENV=production\nDB_HOST=10.0.0.7\nDB_PASSWORD=0123456789\n' | tee "$work/www/bad/.env" >"$work/www/spaleak/.env"
meta="<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'; object-src 'none'; base-uri 'none'\">"
sed -i "s|<head>|<head>$meta|" "$work/www/metacsp/index.html"

cat >"$work/nginx.conf" <<CONF
worker_processes 1;
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
  uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  default_type text/plain;
  types { text/html html; application/javascript js; }
  server_tokens off;
  gzip on;
  gzip_types application/json text/plain;
  include $work/sites/*.conf;
}
CONF
start nginx -e "$work/nginx.log" -c "$work/nginx.conf"
up "${https[good]}" nginx
