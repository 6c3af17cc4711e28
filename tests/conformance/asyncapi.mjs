/** `node asyncapi.mjs FILE`: print what AsyncAPI's own parser says about the document. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { Parser } = require("@asyncapi/parser");

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const said = diagnostics.map(({ code, severity, path }) => ({ code, severity, path: path.join("/") }));
const operations = document?.operations().all().length ?? 0;
const messages = document?.messages().all().length ?? 0;
console.log(JSON.stringify({ operations, messages, said }));
