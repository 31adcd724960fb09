/* The key comes in the address once, or is typed in; it stays in this tab and goes in a header, never in an address. */
const KEY = "upa-key", BASE = location.pathname.replace(/\/ui\/?$/, "");
const given = new URLSearchParams(location.search).get("code");
if (given) {
  sessionStorage.setItem(KEY, given);
  const rest = new URLSearchParams(location.search);
  rest.delete("code");
  history.replaceState(null, "", location.pathname + (rest.size ? "?" + rest : "") + location.hash);
}

async function ask(path, options) {
  const key = sessionStorage.getItem(KEY), headers = { accept: "application/json" };
  if (key) headers["x-functions-key"] = key;
  if (options && options.body) headers["content-type"] = "application/json";
  const answer = await fetch(BASE + path, { ...options, headers: { ...headers, ...(options || {}).headers }, cache: "no-store", redirect: "error" });
  if (answer.status === 401 || answer.status === 403) { askForKey(); throw new Error("this call needs a key that opens it"); }
  if (answer.ok) return answer;
  const type = answer.headers.get("content-type") || "", body = type.includes("json") ? await answer.json() : {};
  throw new Error(body.detail || "HTTP " + answer.status);
}
async function call(path, options) {
  const answer = await ask(path, options);
  return (answer.headers.get("content-type") || "").includes("json") ? answer.json() : {};
}
const post = (path, body, headers) => call(path, { method: "POST", body: JSON.stringify(body), headers });

/* A file is fetched with the key in a header and handed over as a download: no address ever bears the key. A long one
   comes in parts; each names the next. */
async function save(path, name) {
  const parts = [];
  for (let next = path; next;) {
    const answer = await ask(next, { headers: { accept: "text/csv" } });
    parts.push(await answer.text());
    const more = /<(\?[^>]*)>; *rel="next"/.exec(answer.headers.get("link") || "");
    next = more ? path.split("?")[0] + more[1] : "";
  }
  const file = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  h("a", { href: file, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(file), 60000);
}

function askForKey() {
  if (document.getElementById("key-form")) return;
  const field = h("input", { id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true });
  const form = h("form", { id: "key-form", submit: (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, field.value.trim());
    box.remove();
    say("");
    show({});
  } }, h("label", { for: "key" }, "Function key", field), h("button", { class: "primary" }, "Use this key"));
  const box = h("section", { "aria-labelledby": "key-title" }, h("h2", { id: "key-title" }, "A key is needed"),
    h("p", { class: "muted" }, "It stays in this tab and is gone when you close it."), form);
  document.getElementById("main").prepend(box);
  field.focus();
}
