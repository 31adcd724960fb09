/* One run: what it did and when, its people with old → new and result, its import files and import jobs. */
view("run", { title: (id) => "Run " + id, draw: async (id, options) => {
  const run = await call("/runs/" + encodeURIComponent(id)), report = run.report;
  return [crumbs(run.connector, "Run"),
    section(["Run ", badge(run.status)], h("p", { class: "mono muted" }, id), run.why ? h("p", {}, fold(run.why)) : null,
      report ? facts([["kind", run.kind || (report.full ? "full" : "delta")], ["began", when(report.started)], ["ended", when(report.ended)], ["connector file", run.config ? h("span", { class: "mono" }, run.config.slice(0, 12)) : null]])
        : h("p", {}, "This run hasn't ended. ", link("connector", run.connector, {}, "What moves now"))),
    section("What it came to", counted(run.counts || {}) || h("p", { class: "muted" }, "There was nothing to do.")),
    causes(run.causes || []), kinds(run.properties || {}),
    run.people === null || run.people === 0 ? null : await runPeople(id, options, run),
    steps(run.timeline || []), report ? importFiles(report.files, (run.counts || {}).escrowed) : null];
} });

/* What answers refused or put off, most people first. */
function causes(found) {
  const rows = found.map((one) => [one.property === "*" ? "the whole person" : one.property || "–", fold(String(one.why || one.detail || one.result || "")), one.people]);
  return rows.length ? section("Why values didn't arrive", table("Causes", [["property", ""], ["what was answered", "plain"], ["people", "n"]], rows)) : null;
}
/* People by property and kind of change, clears first. */
const KINDS = ["cleared", "changed", "set"];
function kinds(properties) {
  const rows = Object.entries(properties).filter(([, by]) => KINDS.some((kind) => by[kind])).map(([property, by]) => [property === "*" ? "the whole person" : property, ...KINDS.map((kind) => by[kind] || 0)]);
  return rows.length ? section("Changes by property", table("Changes by property", [["property", ""], ...KINDS.map((kind) => [kind, "n"])], rows)) : null;
}

const FILTERS = { result: ["planned", "accepted", "refused", "escrowed", "declined", "unknown", "not_sent"], kind: KINDS };
async function runPeople(id, options, run) {
  const asked = new URLSearchParams(Object.entries({ result: options.result, kind: options.kind, property: options.property, person: options.who }).filter(([, value]) => value));
  const found = await call("/runs/" + encodeURIComponent(id) + "/people?limit=50&" + (options.after ? "after=" + encodeURIComponent(options.after) + "&" : "") + asked);
  const choose = (name, values) => h("label", { for: "by-" + name }, words(name), h("select", { id: "by-" + name, change: (event) => go(address("run", id, { ...options, after: "", [name]: event.currentTarget.value })) },
    h("option", { value: "" }, "any"), values.map((value) => h("option", { value, selected: options[name] === value }, words(value)))));
  const rows = found.people.map((one) => [who({ id: one.person, user: one.user }), one.values.map((value) => h("p", {}, value.property ? [h("b", {}, value.property === "*" ? "the whole person" : value.property), ": "] : null,
    value.new === null && value.old === null ? "" : [h("span", { class: "old" }, shown(value.old)), " → ", value.new === null ? h("i", { class: "muted" }, "no value") : shown(value.new), " "], badge(value.result),
    value.why || value.detail ? h("span", { class: "muted" }, " ", fold([words(value.why), value.detail].filter(Boolean).join(": "))) : null))]);
  return section("People", h("form", { submit: (event) => event.preventDefault() }, choose("result", FILTERS.result), choose("kind", FILTERS.kind), choose("property", Object.keys(run.properties || {}))),
    rows.length ? table("People", [["person", ""], ["old → new, and what came of it", "plain"]], rows) : h("p", {}, "Nobody of this run is like that."),
    h("div", { class: "actions" }, found.after ? link("run", id, { ...options, after: found.after }, "More people") : null, saving("All of them as CSV", "/runs/" + encodeURIComponent(id) + "/people?format=csv" + (asked.size ? "&" + asked : ""), id + ".csv")));
}

function steps(timeline) {
  const items = timeline.map((one) => h("li", {}, h("div", {}, h("b", {}, words(one.what)), one.at ? [" ", when(one.at), h("span", { class: "muted" }, one.age_h === null ? "" : ", " + hours(one.age_h) + " ago")] : null),
    one.detail ? h("p", { class: "muted" }, fold(one.detail)) : null, one.file ? h("p", { class: "mono muted" }, one.file) : null));
  return items.length ? section("What happened when", h("ol", { class: "timeline" }, items)) : null;
}

function importFiles(files, escrowed) {
  const columns = [["import file", ""], ["people", "n"], ["bytes", "n"], ["result", ""], ["import jobs", ""]];
  const rows = files.map((file) => [h("span", { class: "mono" }, file.name), file.people, file.size, file.settled ? file.confirmed ? escrowed ? "accepted, but for those in escrow" : "accepted" : "nobody accepted" : "under way",
    file.import_jobs.map((id) => h("div", { class: "mono" }, id))]);
  return rows.length ? section("Import files", table("Import files", columns, rows)) : null;
}
