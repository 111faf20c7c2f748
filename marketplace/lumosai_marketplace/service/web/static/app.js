// The pages work without this. With it, what is found appears while one types, and commands can be copied.

const WAIT = 160;

function said(text) {
  document.getElementById("said").textContent = text;
}

/** Fetch a page as a document. Not by DOMParser or innerHTML: those are sinks that Trusted Types close here. */
function fetchPage(address, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.open("GET", address);
    request.onload = () => (request.status === 200 && request.response ? resolve(request.response) : reject(new Error(`${request.status}`)));
    request.onerror = () => reject(new Error("network"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send();
  });
}

/** What the form asks, as the address of a page; what is left open is left out. */
function addressOf(form) {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (value !== "" && !(name === "sort" && value === "relevance")) asked.append(name, value);
  }
  return asked.size ? `/search?${asked}` : "/search";
}

/** Put a part of another page in the place of ours, and the focus back to where it was. */
function takeOver(page, id) {
  const [ours, theirs] = [document.getElementById(id), page.getElementById(id)];
  if (!ours || !theirs) throw new Error(id);
  const focused = ours.contains(document.activeElement) ? document.activeElement.id : "";
  ours.replaceWith(document.adoptNode(theirs));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

class Browse {
  constructor(form) {
    this.form = form;
    this.field = form.elements.namedItem("q");
    this.typing = false; // whether the newest entry of the history is of words that are still being typed
    this.shown = location.pathname + location.search;
    form.querySelector(".find").classList.add("live");
    form.addEventListener("input", (event) => this.changed(event));
    this.field.addEventListener("change", () => { this.typing = false; });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.go(addressOf(form)); });
    form.addEventListener("click", (event) => this.clicked(event));
    window.addEventListener("popstate", () => this.back());
  }

  changed(event) {
    clearTimeout(this.timer);
    const typed = event.target === this.field;
    this.timer = setTimeout(() => this.go(addressOf(this.form), { typed }), typed ? WAIT : 0);
  }

  clicked(event) {
    const link = event.target.closest("#results a[href^='/search']");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(link.getAttribute("href"), { sync: true }).then(() => {
      if (!document.activeElement || document.activeElement === document.body) this.field.focus({ preventScroll: true });
      if (link.rel) document.getElementById("count").scrollIntoView({ block: "center" });
    });
  }

  back() {
    this.typing = false;
    if (location.pathname === "/search") this.go(location.pathname + location.search, { sync: true, silent: true });
  }

  async go(address, { typed = false, sync = false, silent = false } = {}) {
    clearTimeout(this.timer);
    if (address === this.shown && !silent) return;
    this.running?.abort();
    const running = (this.running = new AbortController());
    document.getElementById("results").setAttribute("aria-busy", "true");
    try {
      const page = await fetchPage(address, running.signal);
      if (running.signal.aborted) return;
      this.show(page, sync);
      this.remember(address, typed, silent);
    } catch {
      if (!running.signal.aborted) location.assign(address); // the browser shows what is wrong
    }
  }

  show(page, sync) {
    for (const id of ["choices", "results"]) takeOver(page, id);
    const count = document.getElementById("count");
    const told = page.getElementById("count").textContent;
    if (count.textContent !== told) count.textContent = told;
    document.title = page.title;
    if (sync) {
      this.field.value = page.getElementById("q").value;
      this.form.elements.namedItem("sort").value = page.getElementById("sort").value;
    }
  }

  /** One entry of the history for words that are typed in one go, one for each other choice. */
  remember(address, typed, silent) {
    this.shown = address;
    if (silent) return;
    if (typed && this.typing) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.typing = typed;
  }
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    said("Selected: copy it with your keyboard");
    return;
  }
  button.textContent = "Copied";
  said("Copied");
  setTimeout(() => { button.textContent = "Copy"; said(""); }, 2000);
}

function slash(event) {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const field = document.querySelector("[data-slash]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

const form = document.getElementById("browse");
if (form) new Browse(form);
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
document.addEventListener("keydown", slash);
