# Applications as people write them, over plain HTTP on loopback, where the registries can be reached. Sourced by ../live.

fastapi() {
  command -v python3 >/dev/null || { skip "FastAPI: no python3"; return; }
  { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'fastapi<1' 'uvicorn<1'; } \
    >>"$work/pip.log" 2>&1 || { skip "FastAPI: pip cannot install it"; return; }
  ports fastapi
  start "$work/venv/bin/uvicorn" --app-dir "$servers" --host 127.0.0.1 --port "${http[fastapi]}" fastapi_app:app
  up "${http[fastapi]}" FastAPI
  audit fastapi "http://127.0.0.1:${http[fastapi]}"
  check fastapi
}

express() {
  command -v npm >/dev/null || { skip "Express: no npm"; return; }
  mkdir -p "$work/express"
  cp "$servers/express_app.js" "$work/express/app.js"
  (cd "$work/express" && npm init -y && npm install --no-audit --no-fund --ignore-scripts express@5 helmet@8 express-rate-limit@8) \
    >>"$work/npm.log" 2>&1 || { skip "Express: npm cannot install it"; return; }
  for kind in express expressbad; do
    ports "$kind"
    start node "$work/express/app.js" "$kind" "${http[$kind]}"
    up "${http[$kind]}" Express
    audit "$kind" "http://127.0.0.1:${http[$kind]}"
    check "$kind"
  done
}

fastapi
express
