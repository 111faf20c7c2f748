// Talks to agents of a host with the official client, and prints what it found as JSON.
import { HttpAgent } from "@ag-ui/client";

const [root] = process.argv.slice(2);
const paint = { name: "paint", description: "Paint the page", parameters: { type: "object" } };

function agent(name) {
  return new HttpAgent({ url: `${root}/${name}`, threadId: `js-${name}` });
}

function said(made, id, content) {
  made.addMessage({ id, role: "user", content });
}

async function run(made, parameters = {}) {
  let outcome = null;
  const watching = { onRunFinishedEvent: ({ event }) => void (outcome = event.outcome ?? null) };
  const { newMessages } = await made.runAgent(parameters, watching);
  return { outcome, texts: newMessages.filter((m) => m.role === "assistant" && m.content).map((m) => m.content) };
}

const echo = agent("echo");
said(echo, "u1", "hello");
const first = await run(echo);
said(echo, "u2", "and again");
const second = await run(echo);

const painter = agent("painter");
said(painter, "u1", "make it red");
const called = await run(painter, { tools: [paint] });
const call = painter.messages.flatMap((m) => m.toolCalls ?? []).at(-1);
painter.addMessage({ id: "t1", role: "tool", toolCallId: call.id, content: "painted" });
const painted = await run(painter, { tools: [paint] });

const careful = agent("careful");
said(careful, "u1", "wipe b");
const asked = await run(careful);
const resume = asked.outcome.interrupts.map((i) => ({ interruptId: i.id, status: "resolved", payload: { approved: true } }));
const wiped = await run(careful, { resume });

console.log(
  JSON.stringify({
    echo: [first.texts, second.texts],
    call: call.function,
    pending: called.outcome.pendingToolCallIds.length,
    painted: painted.texts,
    asked: asked.outcome.interrupts.map((i) => i.reason),
    results: careful.messages.filter((m) => m.role === "tool").map((m) => m.content),
    wiped: wiped.texts,
  }),
);
