// The work of bench/sandbox/guest.c, in JavaScript.
import { definePlugin } from "lumos";

export const plugin = definePlugin({
  tools: {
    "b.greet": {
      description: "Greet, and count on.",
      input: {
        type: "object",
        properties: { name: { type: "string" }, n: { type: "integer" } },
        required: ["name", "n"],
        additionalProperties: false,
      },
      call({ name, n }) {
        return { greeting: `hello ${name}`, sum: n + 1 };
      },
    },
  },
});
