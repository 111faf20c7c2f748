// Makes a component of a plugin's sources: node build.mjs '{"modules", "folder", "entry", "library", "wit", "out"}'.
// `modules` is the node_modules with the toolchain, `entry` the text of a module that exports the contract's interfaces.
import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const options = JSON.parse(process.argv[2]);
const require = createRequire(join(options.modules, "lumos.js"));
const { build } = require("esbuild");
const { componentize } = require("componentize-qjs");

const bundled = await build({
  stdin: { contents: options.entry, resolveDir: options.folder, sourcefile: "lumos-entry.js" },
  absWorkingDir: options.folder,
  alias: { lumos: options.library },
  bundle: true,
  charset: "utf8",
  external: ["lumos:plugin/*"],
  format: "esm",
  keepNames: true,
  legalComments: "none",
  logLevel: "silent",
  mainFields: ["module", "main"],
  minifyWhitespace: true, // its comments would tell the paths of this machine
  platform: "neutral",
  target: "es2023",
  write: false,
}).catch((error) => {
  for (const { text, location } of error.errors ?? [{ text: String(error) }]) {
    console.error(location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text);
  }
  process.exit(1);
});

const { component } = await componentize({
  witPath: options.wit,
  world: options.world,
  jsSource: bundled.outputFiles[0].text,
  stubWasi: true,
  sync: true,
});
await writeFile(options.out, component);
