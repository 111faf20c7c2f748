// The proof that an entry is in the log (RFC 9162, section 2.1.3.2), computed here and not by the service.

const digest = async (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
};
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a, b) => hex(a) === hex(b);

/** The root that a proof leads to. Throws for one that has not the length it must have. */
async function rootOf(leaf, index, size, proof) {
  if (index >= size) throw new Error(`a tree of ${size} has no entry ${index}`);
  let [node, last, hash, used] = [index, size - 1n, leaf, 0];
  for (; last > 0n; node >>= 1n, last >>= 1n) {
    if (node === last && !(node & 1n)) continue; // the last of its level has nobody beside it
    if (used === proof.length) throw new Error("the proof is too short");
    const other = proof[used++];
    hash = node & 1n ? await digest([1], other, hash) : await digest([1], hash, other);
  }
  if (used !== proof.length) throw new Error("the proof is too long");
  return hash;
}

/** A checkpoint: a signed note of origin, size and root (C2SP). */
function readNote(text) {
  const [body, tail] = text.split("\n\n");
  const [origin, size, root] = body.split("\n");
  const signatures = tail.trimEnd().split("\n").map((line) => fromBase64(line.split(" ").at(-1)));
  return { origin, size: BigInt(size), root: fromBase64(root), signed: new TextEncoder().encode(`${body}\n`), signatures };
}

/** An ECDSA signature of P-256 from DER to the fixed form that WebCrypto takes. */
function fixed(der) {
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1];
    const number = der.subarray(at + 2, at + 2 + length);
    const short = number.subarray(Math.max(0, number.length - 32));
    out.set(short, end - short.length);
    at += 2 + length;
  }
  return out;
}

async function signedBy(note, pem) {
  const der = fromBase64(pem.replace(/-----[^-]+-----|\s/g, ""));
  const hint = (await digest(der)).subarray(0, 4);
  const signature = note.signatures.find((one) => same(one.subarray(0, 4), hint));
  if (!signature) return false;
  const key = await crypto.subtle.importKey("spki", der, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, fixed(signature.subarray(4)), note.signed);
}

async function get(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer;
}

/** What was logged of the statement: its hash stands in the entry's body. */
async function namesStatement(body, statement) {
  try {
    const told = JSON.parse(new TextDecoder().decode(body)).spec.payloadHash.value;
    return told === hex(await digest(statement));
  } catch {
    return false;
  }
}

async function verify(index, check) {
  const entry = await (await get(`/log/entries/${index}`)).json();
  const proof = await (await get(`/log/proof?index=${index}`)).json();
  const pem = await (await get("/sigstore/api/v1/log/publicKey")).text();
  const body = fromBase64(entry.body);
  if (entry.statement) check(await namesStatement(body, fromBase64(entry.statement)), "The statement above is the one that the entry names by its hash");
  const leaf = await digest([0], body);
  check(hex(leaf) === entry.leaf, `The entry hashes to the leaf ${hex(leaf).slice(0, 16)}…`);
  const note = readNote(proof.checkpoint);
  const root = await rootOf(leaf, BigInt(index), note.size, proof.hashes.map(fromHex));
  check(same(root, note.root), `From there, ${proof.hashes.length} ${proof.hashes.length === 1 ? "hash leads" : "hashes lead"} to the root ${hex(root).slice(0, 16)}… of ${note.size} entries`);
  check(await signedBy(note, pem), `The checkpoint with that root is signed by the log ${note.origin}`);
}

const place = document.querySelector(".verify");
const list = place.querySelector(".checks");
const button = place.querySelector("button");
place.hidden = false;

function told(good, words) {
  const line = document.createElement("li");
  line.textContent = good ? words : `Wrong: ${words}`;
  line.className = good ? "" : "failed";
  list.append(line);
}

button.addEventListener("click", async () => {
  list.replaceChildren();
  button.disabled = true;
  try {
    if (!globalThis.crypto?.subtle) throw new Error("this browser computes hashes on pages by https only");
    await verify(place.dataset.entry, told);
  } catch (error) {
    told(false, error.message);
  }
  button.disabled = false;
});
