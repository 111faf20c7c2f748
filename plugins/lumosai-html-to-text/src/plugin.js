// The plugin "html-to-text": one tool, html-to-text.convert.
import { definePlugin, LumosError } from "lumos";

import { convert, FORMATS } from "./convert.js";

const MOST = 1_000_000;

export const plugin = definePlugin({
  tools: {
    "html-to-text.convert": {
      description:
        "Turn HTML into Markdown or plain text: headings, lists, tables, quotes, code and links are kept, markup, " +
        "scripts and styles are not. Nothing is fetched or run.",
      input: {
        type: "object",
        required: ["html"],
        additionalProperties: false,
        properties: {
          html: { type: "string", maxLength: MOST, description: "A page, or a part of one." },
          format: { enum: FORMATS, default: "markdown", description: "markdown, or text without any marks." },
          links: { type: "boolean", default: true, description: "Whether to tell where links lead." },
          width: {
            type: "integer",
            minimum: 0,
            maximum: 1000,
            default: 0,
            description: "Wrap lines at this many characters; 0 for no wrapping.",
          },
        },
      },
      output: {
        type: "object",
        required: ["text", "title", "links"],
        additionalProperties: false,
        properties: {
          text: { type: "string" },
          title: { type: "string", description: "The page's title; empty if it has none." },
          links: {
            type: "array",
            description: "Where the page's links lead, each once, at most 200.",
            items: {
              type: "object",
              required: ["text", "url"],
              additionalProperties: false,
              properties: { text: { type: "string" }, url: { type: "string" } },
            },
          },
        },
      },
      call({ html, format = "markdown", links = true, width = 0 }) {
        if (html.length > MOST) throw new LumosError("invalid-input", `html has more than ${MOST} characters`);
        return convert(html, { format, links, width });
      },
    },
  },
});
