// The official client, as it is, talks to a host: node talk.mjs <base URL> <what>. What it found goes to stdout as JSON.
import OpenAI from "openai";

const [baseURL, what] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
const parameters = { type: "object", properties: { city: { type: "string" } } };

async function every(stream) {
  const out = [];
  for await (const one of stream) out.push(one);
  return out;
}

const acts = {
  async chat(model) {
    const messages = [{ role: "user", content: "hello there" }];
    const answer = await client.chat.completions.create({ model, messages });
    const options = { stream: true, stream_options: { include_usage: true } };
    const chunks = await every(await client.chat.completions.create({ model, messages, ...options }));
    return {
      text: answer.choices[0].message.content,
      pieces: chunks.map((c) => c.choices[0]?.delta.content).filter(Boolean),
      counted: chunks.at(-1).usage.total_tokens === answer.usage.total_tokens,
    };
  },

  async chatTools(model) {
    const tools = [{ type: "function", function: { name: "weather", parameters } }];
    const messages = [{ role: "user", content: "The weather in Oslo?" }];
    const asked = await client.chat.completions.create({ model, messages, tools });
    const call = asked.choices[0].message.tool_calls[0];
    messages.push(asked.choices[0].message, { role: "tool", tool_call_id: call.id, content: "rain" });
    const answer = await client.chat.completions.create({ model, messages, tools });
    return { call: call.function, text: answer.choices[0].message.content };
  },

  async response(model) {
    const answer = await client.responses.create({ model, input: "hello there" });
    const stream = client.responses.stream({ model, input: "hello there" });
    const events = await every(stream);
    const final = await stream.finalResponse();
    const kept = await client.responses.retrieve(answer.id);
    return {
      text: answer.output_text,
      kept: kept.output_text,
      last: events.at(-1).type,
      numbered: events.every((e, n) => e.sequence_number === n),
      streamed: final.output.at(-1).content[0].text,
    };
  },

  async responseTools(model) {
    const tools = [{ type: "function", name: "weather", parameters, strict: false }];
    const asked = await client.responses.create({ model, input: "The weather in Oslo?", tools });
    const { call_id, name, arguments: given } = asked.output[0];
    const input = [{ type: "function_call_output", call_id, output: "rain" }];
    const answer = await client.responses.create({ model, input, tools, previous_response_id: asked.id });
    return { call: { name, arguments: given }, text: answer.output_text };
  },

  async agent(model) {
    const answer = await client.responses.create({ model, input: "6*7" });
    return { kinds: answer.output.map((i) => i.type), text: answer.output_text };
  },

  async structured(model) {
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const format = { type: "json_schema", name: "number", schema, strict: true };
    const answer = await client.responses.parse({ model, input: "A number?", text: { format } });
    return { text: answer.output_text };
  },

  async conversation(model) {
    const { id } = await client.conversations.create({ metadata: { topic: "names" } });
    await client.responses.create({ model, input: "hello there", conversation: id });
    const items = await every(client.conversations.items.list(id, { order: "asc", limit: 1 }));
    const gone = await client.conversations.delete(id);
    return { roles: items.map((i) => i.role), gone: gone.deleted };
  },

  async embeddings(model) {
    const made = await client.embeddings.create({ model, input: ["ab", "abc"] });
    return { vectors: made.data.map((d) => d.embedding) };
  },

  async models() {
    return { ids: (await every(client.models.list())).map((m) => m.id) };
  },

  async refused(model) {
    const tools = [{ type: "web_search" }];
    const error = await client.responses.create({ model, input: "x", tools }).catch((e) => e);
    return { status: error.status, param: error.param, own: error instanceof OpenAI.BadRequestError };
  },
};

const out = {};
for (const [act, ...args] of JSON.parse(what)) out[[act, ...args].join(" ")] = await acts[act](...args);
console.log(JSON.stringify(out));
