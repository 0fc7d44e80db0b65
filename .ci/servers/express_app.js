// A small application with the usual middleware, and the same with the usual mistakes: node app.js express|expressbad PORT
const express = require("express");
const helmet = require("helmet");
const { rateLimit } = require("express-rate-limit");

const [kind, port] = process.argv.slice(2);
const app = express();
if (kind === "express") {
  app.disable("x-powered-by");
  app.use(helmet());
  app.use(rateLimit({ windowMs: 60_000, limit: 1000, standardHeaders: "draft-8", legacyHeaders: false }));
} else {
  app.use((request, response, next) => {
    response.set("Access-Control-Allow-Origin", request.headers.origin ?? "*");
    response.set("Access-Control-Allow-Credentials", "true");
    response.set("X-Powered-By", "Express/5.0.0");
    next();
  });
}
app.get("/", (request, response) => {
  response.cookie("sessionid", "0123456789", kind === "express" ? { httpOnly: true, secure: true, sameSite: "lax" } : {});
  response.send("<!doctype html><title>Site</title><p>Hello</p>");
});
if (kind === "express") app.get("/healthz", (request, response) => response.json({ status: "ok" }));
else app.get("/.env", (request, response) => response.type("text").send("DB_HOST=10.0.0.7\nDB_PASSWORD=0123456789\n"));
app.listen(Number(port), "127.0.0.1");
