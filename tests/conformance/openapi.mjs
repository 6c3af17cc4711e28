/** `node openapi.mjs FILE`: print what Spectral's rules for OpenAPI say about the document. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { Document, Spectral } = require("@stoplight/spectral-core");
const { Json } = require("@stoplight/spectral-parsers");
const { oas } = require("@stoplight/spectral-rulesets");

const spectral = new Spectral();
spectral.setRuleset({
  extends: [[oas, "all"]],
  rules: {
    "info-contact": "off", // whoever runs it is not known here
    "info-license": "off",
    "license-url": "off",
    "openapi-tags-alphabetical": "off", // they stand in the order in which one reads
    "oas3-operation-security-defined": "off", // 3.1 lets a bearer token name roles, which this does not know
  },
});
const found = await spectral.run(new Document(readFileSync(process.argv[2], "utf8"), Json));
const said = found.map(({ code, severity, path, message }) => ({ code, severity, path: path.join("/"), message }));
console.log(JSON.stringify({ said }));
