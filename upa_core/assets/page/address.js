/* Addresses: `?connector=staff`, `?run=…`, `?hold=…`, `?person=…`; no name: the overview. A link is a plain address
   that can be shared; only a click inside the page is answered without loading it again. */
const VIEWS = {};

/* view("run", { title: (value) => text, draw: async (value, options) => nodes, still: whether it doesn't refresh }) */
function view(name, what) { VIEWS[name] = what; }

function here() {
  const query = new URLSearchParams(location.search);
  const name = Object.keys(VIEWS).find((one) => one && query.has(one)) || "";
  const options = Object.fromEntries([...query].filter(([key]) => key !== name && key !== "code"));
  return { name, value: query.get(name) || "", options };
}
function address(name, value, options) {
  const query = new URLSearchParams(name ? { [name]: value, ...options } : {});
  return location.pathname + (name ? "?" + query : "");
}
function go(to) {
  history.pushState(null, "", to);
  show({ moved: true });
}
function link(name, value, options, ...children) {
  const to = address(name, value, options);
  return h("a", { href: to, click: (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  } }, ...children);
}
