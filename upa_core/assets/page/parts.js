/* What several views are made of. */
let titles = 0;
/* A section with its heading; one without anything in it isn't made. */
function section(title, ...children) {
  const inside = children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
  if (!inside.length) return null;
  const id = "title-" + ++titles;
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), inside);
}
/* Pairs of name and value; a value that is null or undefined is left out. */
function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined);
  return known.length ? h("dl", { class: "facts" }, known.map(([name, value, kind]) => h("div", { class: kind }, h("dt", {}, name), h("dd", {}, value)))) : null;
}
const COUNTS = { people: "seen", updated: "changed", exported: "accepted", escrowed: "into escrow", pairs: "values sent", re_read: "read again", held_back: "values held back", invalid: "invalid values", ended: "left the directory", absent: "no longer named",
  clear_unsupported: "clears that can't be done", waiting: "without a profile", over_budget: "over the budget" };
const counted = (counts, named) => facts(Object.entries(counts).filter(([, value]) => value).map(([name, value]) => [(named || {})[name] || COUNTS[name] || words(name), value]));

/* columns: [heading, "n" for numbers]; on a telephone each row is a card that names its columns. */
function table(label, columns, rows) {
  const head = h("tr", {}, columns.map(([name, kind]) => h("th", { class: kind || null, scope: "col" }, name)));
  const body = rows.map((row) => h("tr", {}, row.map((cell, at) => h("td", { class: columns[at][1] || null, "data-label": columns[at][0] }, cell))));
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label }, h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}

/* A button that does something and says what came of it. `sure`: what it says before the second click does it. */
function button(name, act, { kind, sure } = {}) {
  return h("button", { type: "button", class: kind || null, click: async (event) => {
    const pressed = event.currentTarget;
    if (sure && pressed.dataset.sure !== "yes") {
      pressed.dataset.sure = "yes";
      pressed.textContent = sure;
      return;
    }
    pressed.disabled = true;
    try {
      const told = await act();
      await show({});
      if (told) say(told);
    } catch (error) { say(error.message, true); }
    pressed.disabled = false;
  } }, name);
}
function saving(name, path, file) {
  return h("button", { type: "button", click: async () => { try { await save(path, file); } catch (error) { say(error.message, true); } } }, name);
}
const changed = (changes) => Object.entries(changes).map(([property, change]) => h("p", {}, h("b", {}, property), ": ", h("span", { class: "old" }, shown(change.old)), " → ", shown(change.new)));
const who = (one) => link("person", one.id, {}, one.user || h("span", { class: "mono" }, one.id));

function crumbs(connector, ...rest) {
  const steps = [link("", "", {}, "Overview"), connector ? link("connector", connector, {}, connector) : null, ...rest].filter(Boolean);
  return h("nav", { class: "crumbs", "aria-label": "Where you are" }, h("ol", {}, steps.map((step) => h("li", {}, step))));
}
function finder(value) {
  const field = h("input", { id: "who", type: "search", autocomplete: "off", spellcheck: "false", required: true, maxlength: "320", value: value || null });
  const form = h("form", { role: "search", submit: (event) => {
    event.preventDefault();
    go(address("person", field.value.trim(), {}));
  } }, h("label", { for: "who" }, "User name or object id", field), h("button", { class: "primary" }, "Look up"));
  return section("Why does this person have what they have?", form);
}
