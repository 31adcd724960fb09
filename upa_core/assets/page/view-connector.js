/* One connector: its state, what moves now, what needs somebody, its runs. */
view("connector", { title: (name) => name, draw: async (name) => {
  const [status, listed] = await Promise.all([call("/status"), call("/runs?limit=60&connector=" + encodeURIComponent(name))]);
  const one = status.connectors.find((other) => other.connector === name);
  if (!one) throw new Error("no connector of that name; there are: " + status.connectors.map((other) => other.connector).join(", "));
  return [status.connectors.length > 1 ? crumbs("", one.connector) : null, card(one, one.connector, actions(one)),
    h("nav", { class: "tabs", "aria-label": "Pages of " + name }, link("escrow", name, {}, "Escrow (" + NUMBER.format(one.escrow.total) + ")"), link("declined", name, {}, "Declined values"), one.drift.background || one.drift.campaign || one.drift.different ? link("drift", name, {}, "Drift (" + NUMBER.format(one.drift.different || 0) + ")") : null),
    sourceList(one), runList(listed.runs), charts(one, listed.runs), finder()];
} });

/* The first thing that anybody sees of a connector; in the overview, where it has no buttons, only what may worry. */
function card(one, name, buttons) {
  return h("section", { class: "connector " + tone(one.state), "data-connector": one.connector, "aria-label": one.connector },
    h("p", { class: "top" }, h("span", { class: "name" }, name), h("b", { class: "state" }, one.state[0].toUpperCase() + one.state.slice(1)),
      one.since ? h("span", { class: "since" }, "since ", when(one.since)) : null, one.reason ? h("span", { class: "why" }, told(one.reason)) : null),
    needs(one, buttons), moving(one), buttons,
    facts([["last success", when(one.last_success)], ...(buttons ? [["last pull", when(one.last_pull)], ["next full round", one.next_full ? when(one.next_full) : null]] : []),
      ...probes(one), ["in escrow", one.escrow.total ? link("escrow", one.connector, {}, people(one.escrow.total)) : "nobody"], ...(buttons ? [["people known", one.people.known]] : []),
      ["profiles", readBack(one)],
      ...freshness(one, buttons), ...(buttons ? [["import jobs today", one.jobs_today + " of " + one.jobs_per_day]] : []),
      ["certificate", one.cert_days_left === null ? null : one.cert_days_left < 0 ? "expired" : one.cert_days_left + " days left"]]));
}
function readBack(one) {
  const drift = one.drift, reading = drift.background || (drift.campaign && !drift.campaign.ended), differ = people(drift.different) + (drift.different === 1 ? " differs" : " differ");
  if (!reading && !drift.different) return null;
  return [reading ? drift.says : null, reading && drift.different ? "; " : null, drift.different ? link("drift", one.connector, {}, differ) : null];
}
function freshness(one, whole_card) {
  const figures = one.freshness, objective = figures.objective;
  const whole = (text) => text.replaceAll(" %", "\u00a0%");
  return [["accepted", whole(figures.accepted.says), "wide"], whole_card ? ["read back", whole(figures.read_back.says)] : null,
    ["freshness", objective ? (objective.missed ? "missed: " + objective.why : "kept: " + objective.share_percent + " % within " + objective.within_hours + " h") : null]].filter(Boolean);
}
function needs(one, buttons) {
  const held = one.held_plan, items = [];
  if (one.on_page) items.push(h("p", { class: "todo" }, h("b", {}, "What to do: "), told(one.on_page), buttons || held ? null : [" · ", link("connector", one.connector, {}, "open " + one.connector)]));
  if (held) items.push(h("p", {}, link("hold", held.run, {}, "Look at the held plan and decide")));
  for (const refused of one.refused_properties) items.push(h("p", {}, h("b", {}, "SharePoint refuses " + refused.property), " for everybody since ", when(refused.since), refused.detail ? [" (", fold(refused.detail), ")"] : "", ": upa doctor --probe in a terminal says why"));
  if (!one.alarms.some((alarm) => alarm.occasion === "source")) items.push(...lacking(one).map((each) => h("p", {}, h("b", {}, "Source " + each.name + ": "), sourceState(each), each.next_expected && each.late ? [", expected by ", when(each.next_expected)] : null)));
  if (one.alarms.length) items.push(h("ul", { class: "alarms", "aria-label": "What administrators were told of" },
    one.alarms.map((alarm) => h("li", {}, h("b", {}, alarm.title), " since ", when(alarm.since), ": ", told(alarm.detail)))));
  return items;
}
function moving(one) {
  if (!one.moving.length) return null;
  return h("ul", { class: "moving", "aria-label": "What moves now" }, one.moving.map((step) => h("li", {}, h("b", {}, step.what),
    step.of ? [" ", h("progress", { max: step.of, value: Math.min(step.done, step.of), "aria-label": step.what }), ` ${NUMBER.format(step.done)} of ${NUMBER.format(step.of)} ${step.unit}`]
      : step.done ? ` ${NUMBER.format(step.done)} ${step.unit}` : "",
    step.since ? [", since ", when(step.since)] : null, step.expected ? [", expected to end ", when(step.expected)] : null,
    step.run ? [" · ", link("run", step.run, {}, "its run")] : null)));
}
function probes(one) {
  const quarantine = one.quarantine;
  if (!quarantine) return one.next_try ? [["next try", when(one.next_try)]] : [];
  if (quarantine.off_since) return [["switched off", when(quarantine.off_since)]];
  const next = quarantine.next_probe ? when(quarantine.next_probe) : quarantine.probe === "decision" ? "after the decision" : "with the next change";
  return [["next try", next], ["switched off after", when(quarantine.off_after)]];
}
function actions(one) {
  const control = (verb, name, told, kind) => button(name, async () => { await post("/connectors/" + one.connector + "/" + verb, {}); return told; }, { kind });
  const run = button("Run now", async () => { await post("/runs", { connector: one.connector }, { "idempotency-key": crypto.randomUUID() }); return "Run asked for"; });
  if (one.quarantine && one.quarantine.off_since) return h("div", { class: "actions" }, control("resume", "Switch on", "Switched on: it is tried at once", "primary"));
  const live = one.state === "staging" ? button("Go live", async () => { await post("/connectors/" + one.connector + "/go", {}); return "Live: what was pulled is exported with the next tick"; }, { kind: "primary", sure: "Really export from now on" }) : null;
  const paused = one.state === "paused", tries = one.quarantine && one.quarantine.probe !== "decision" && !paused;
  return h("div", { class: "actions" }, tries ? control("resume", "Try now", "It is tried at once", "primary") : null, live, run,
    paused ? control("resume", "Resume", "Resumed", "primary") : control("pause", "Pause", "Paused"));
}
const sourceState = (each) => each.held.length ? "waits: " + each.held.join(", ") : each.late ? (each.missed > 1 ? "late, " + each.missed + " times in a row" : "late") : each.why ? "in trouble" : each.accepted ? "fine" : "nothing accepted yet";
const lacking = (one) => one.sources.filter((each) => each.held.length || each.late || each.why);
function sourceList(one) {
  if (!one.sources.length) return null;
  const columns = [["source", ""], ["last file", "half"], ["rows", "n"], ["people", "n"], ["unmatched", "n"], ["missing", "n"], ["expected by", ""], ["state", "half"]];
  const rows = one.sources.map((each) => [each.name, [each.file, each.delivered ? h("div", { class: "muted" }, when(each.delivered)) : null], each.rows, each.people, each.unmatched, each.missing,
    each.next_expected ? when(each.next_expected) : "", [sourceState(each), each.why ? h("p", { class: "muted" }, fold(each.why)) : null]]);
  return section("Sources", table("Sources", columns, rows));
}
function runList(runs) {
  const columns = [["run", ""], ["kind", "half"], ["result", "half"], ["took", "n"], ["seen", "n"], ["changed", "n"], ["cleared", "n"], ["accepted", "n"], ["escrow", "n"]];
  const rows = runs.slice(0, 25).map((run) => [[link("run", run.id, {}, when(run.started)), h("div", { class: "muted mono" }, run.id)], run.kind,
    [badge(run.status), run.why ? h("p", { class: "muted" }, fold(run.why)) : null], hours(run.hours), run.counts.people, run.counts.updated, run.counts.cleared, run.counts.exported, run.counts.escrowed]);
  return section("Runs", rows.length ? [table("Runs", columns, rows), h("div", { class: "actions" }, saving("Runs as CSV", "/runs?limit=200&format=csv&connector=" + encodeURIComponent(runs[0].connector), "runs-" + runs[0].connector + ".csv"))] : h("p", { class: "muted" }, "No run has ended yet."));
}
function charts(one, listed) {
  const runs = listed.slice(0, 30).reverse(), worked = runs.filter((run) => run.files);
  const escrow = Object.entries(one.escrow.by_reason).map(([reason, number]) => ({ label: words(reason), value: number, kind: "b" }));
  const library = (one.samples || []).filter((sample) => sample.library_items !== null);
  const drawn = [
    bars("Changes per run", "people", worked.map((run) => ({ label: day(run.started), values: [run.counts.exported, run.counts.cleared, run.counts.escrowed] })), ["accepted", "cleared", "into escrow"]),
    bars("From reading the directory to the profile", "hours", worked.filter((run) => run.latency_h !== null).map((run) => ({ label: day(run.started), values: [run.latency_h] })), []),
    lying("Escrow by reason", "people", escrow),
    bars("Library", "items", library.map((sample) => ({ label: day(sample.at), values: [sample.library_items] })), [])].filter(Boolean);
  return drawn.length ? section("Figures", h("div", { class: "charts" }, drawn)) : null;
}
