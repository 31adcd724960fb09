// Leads the real host names to the tenant on loopback: node --require names.cjs, with UPA_NAMES and UPA_PORT.
"use strict";
const tls = require("node:tls");
const names = new Set(process.env.UPA_NAMES.split(","));
const connect = tls.connect;
tls.connect = function (...given) {
  const options = typeof given[0] === "object" ? { ...given[0] } : null;
  const name = options && (options.servername || options.host);
  if (!names.has(name)) return connect.apply(this, given);
  return connect.call(this, { ...options, host: "127.0.0.1", port: Number(process.env.UPA_PORT), servername: name }, ...given.slice(1));
};
