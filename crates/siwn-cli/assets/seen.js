// What the server saw: asked for again and again, and shown, the newest first. For the page of `siwn dev`.

const EVERY = 1_000;

const byId = (id) => document.getElementById(id);
const list = byId("seen-list");
let last = 0;
let timer;

/** Told when the server's clock is known, in seconds ahead. */
let onAhead = () => {};

export function watchServer(tellAhead) {
  onAhead = tellAhead;
  look();
}

/** Asks at once for what is new. */
export async function look() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") {
    try {
      const news = await (await fetch(`/_dev/seen?after=${last}`)).json();
      // A server that was started anew begins to count anew.
      if (news.last < last) list.replaceChildren();
      last = news.last;
      for (const entry of news.entries) show(entry);
      onAhead(news.ahead);
      byId("seen-none").hidden = list.children.length > 0;
    } catch {
      // The devnet's card says that the server is gone.
    }
  }
  clearTimeout(timer);
  timer = setTimeout(look, EVERY);
}

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());

function show(entry) {
  const item = document.createElement("li");
  const details = add(item, "details");
  const summary = add(details, "summary");
  add(summary, "time", clock(entry.time)).dateTime = entry.time;
  add(summary, "code", [entry.method, entry.route].filter(Boolean).join(" "), "route");
  add(summary, "span", [entry.status || "", entry.outcome].filter(Boolean).join(" "), `status ${colour(entry)}`);
  add(summary, "span", entry.why, "said");
  const body = add(details, "div", "", "body");
  if (entry.steps.length > 0) steps(body, entry.steps);
  const facts = add(body, "dl", "", "facts");
  fact(facts, "Asked by", entry.from);
  for (const asked of entry.asked) fact(facts, "Asked NEAR", asked);
  if (entry.calls.length > 0) fact(facts, "RPC calls", entry.calls.join("; "));
  else if (entry.steps.length > 0) fact(facts, "RPC calls", "none");
  if (entry.requestId) fact(facts, "Request", `${entry.requestId}, ${entry.milliseconds} ms`);
  list.prepend(item);
}

function steps(parent, steps) {
  const list = add(parent, "ol", "", "judged");
  for (const { name, went, what } of steps) {
    const item = add(list, "li", "", went);
    add(item, "b", name);
    add(item, "span", went === "open" ? "was not looked at" : what);
  }
}

function fact(parent, name, what) {
  if (!what) return;
  const pair = add(parent, "div");
  add(pair, "dt", name);
  add(pair, "dd", what);
}

function colour({ outcome, status }) {
  if (["ok", "preflight", "asked again", "answered"].includes(outcome)) return "";
  return outcome === "not_signed_in" ? "usual" : status >= 400 || outcome ? "bad" : "";
}

function add(parent, name, content = "", className = "") {
  const element = document.createElement(name);
  element.textContent = content;
  element.className = className;
  parent.append(element);
  return element;
}

const clock = (iso) => new Date(iso).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
