"use strict";
/* Nodes are made one by one and text is only ever text: whatever a value holds stays a value. */
(() => {
  const SVG = "http://www.w3.org/2000/svg", KEY = "upa-key", REFRESH = 60000;
  const app = document.getElementById("app"), note = document.getElementById("note");
  const NUMBER = new Intl.NumberFormat("en"), base = location.pathname.replace(/\/ui\/?$/, "");
  let state = { statuses: [], runs: [], open: null };

  /* The key comes in the address once, or is typed in; it stays in this tab and goes in a header, never in an address. */
  const given = new URLSearchParams(location.search).get("code");
  if (given) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, "", location.pathname + location.hash);
  }

  function put(node, ...children) {
    for (const child of children.flat(9)) if (child !== null && child !== undefined && child !== "") node.append(child);
    return node;
  }
  function make(node, attributes) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
    }
    return node;
  }
  const h = (tag, attributes, ...children) => put(make(document.createElement(tag), attributes), ...children.map(text));
  const s = (tag, attributes, ...children) => put(make(document.createElementNS(SVG, tag), attributes), ...children.map(text));
  function text(child) { return typeof child === "number" ? NUMBER.format(child) : child; }

  function say(message, bad) { note.textContent = message; note.className = bad ? "bad" : ""; }
  function when(moment) {
    if (!moment) return "never";
    const time = h("time", { datetime: moment, title: moment }, moment.slice(0, 16).replace("T", " ") + " UTC");
    return time;
  }
  const hours = (value) => value === null || value === undefined ? "–" : value < 1 ? Math.round(value * 60) + " min" : value.toFixed(1) + " h";
  const words = (name) => name.replaceAll("_", " ");
  const shown = (value) => value === null ? h("i", { class: "muted" }, "unknown") : value === "" ? h("i", { class: "muted" }, "empty") : value;

  async function call(path, options) {
    const key = sessionStorage.getItem(KEY), headers = { accept: "application/json" };
    if (key) headers["x-functions-key"] = key;
    if (options && options.body) headers["content-type"] = "application/json";
    const answer = await fetch(base + path, { ...options, headers: { ...headers, ...(options || {}).headers }, cache: "no-store", redirect: "error" });
    if (answer.status === 401 || answer.status === 403) { askForKey(); throw new Error("this call needs a key that opens it"); }
    const type = answer.headers.get("content-type") || "";
    const body = type.includes("json") ? await answer.json() : {};
    if (!answer.ok) throw new Error(body.detail || "HTTP " + answer.status);
    return body;
  }

  function askForKey() {
    if (document.getElementById("key-form")) return;
    const field = h("input", { id: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true });
    const form = h("form", { id: "key-form", submit: (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, field.value.trim());
      box.remove();
      refresh();
    } }, h("label", { for: "key" }, "Function key", field), h("button", { class: "primary" }, "Use this key"));
    const box = h("section", { "aria-labelledby": "key-title" }, h("h2", { id: "key-title" }, "A key is needed"),
      h("p", { class: "muted" }, "It stays in this tab and is gone when you close it."), form);
    app.prepend(box);
    field.focus();
  }

  /* -- charts ------------------------------------------------------------------------------------------------- */
  function bars(title, unit, rows, names) {
    const W = 320, H = 120, left = 34, bottom = 18, most = Math.max(1e-9, ...rows.map((row) => row.values.reduce((a, b) => a + b, 0)));
    const top = nice(most), width = (W - left) / Math.max(rows.length, 12), scale = (H - bottom - 8) / top;
    const drawn = [];
    for (const part of [0, top / 2, top]) {
      const y = H - bottom - part * scale;
      drawn.push(s("line", { class: "axis", x1: left, x2: W, y1: y, y2: y }), s("text", { x: left - 4, y: y + 4, "text-anchor": "end" }, short(part)));
    }
    rows.forEach((row, at) => {
      let y = H - bottom;
      row.values.forEach((value, kind) => {
        if (!value) return;
        const height = Math.max(1, value * scale);
        y -= height;
        drawn.push(s("rect", { class: "abc"[kind], x: left + at * width + 1, y, width: Math.max(1, width - 2), height, rx: 1 },
          s("title", {}, row.label + ": " + (names[kind] ? names[kind] + " " : "") + short(value) + " " + unit)));
      });
    });
    if (rows.length) {
      drawn.push(s("text", { x: left, y: H - 4 }, rows[0].label));
      if (rows.length > 6) drawn.push(s("text", { x: left + rows.length * width, y: H - 4, "text-anchor": "end" }, rows[rows.length - 1].label));
    }
    const told = rows.length ? rows.map((row) => row.label + " " + row.values.map(short).join("/")).join(", ") : "no data yet";
    return h("figure", {}, h("figcaption", {}, title, " ", h("span", {}, unit)),
      rows.length ? s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title + ": " + told }, drawn) : h("p", { class: "muted" }, "no data yet"),
      names.length > 1 ? h("ul", { class: "legend" }, names.map((name, kind) => h("li", {}, h("i", { class: "abc"[kind] }), name))) : null);
  }
  function lying(title, unit, rows) {
    const W = 320, line = 26, H = Math.max(line, rows.length * line), most = Math.max(1, ...rows.map((row) => row.of || row.value));
    const drawn = rows.flatMap((row, at) => [
      s("text", { x: 0, y: at * line + 10 }, row.label), s("text", { x: W, y: at * line + 10, "text-anchor": "end" }, row.told || short(row.value)),
      s("rect", { class: "track", x: 0, y: at * line + 14, width: W, height: 7, rx: 3 }),
      s("rect", { class: row.kind || "a", x: 0, y: at * line + 14, width: Math.max(row.value ? 2 : 0, Math.min(1, row.value / (row.of || most)) * W), height: 7, rx: 3 })]);
    return h("figure", {}, h("figcaption", {}, title, " ", h("span", {}, unit)),
      rows.length ? s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title + ": " + rows.map((row) => row.label + " " + (row.told || row.value)).join(", ") }, drawn)
        : h("p", { class: "muted" }, "nobody"));
  }
  function nice(most) {
    const power = 10 ** Math.floor(Math.log10(most));
    return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) || most;
  }
  function short(value) {
    if (value >= 10000) return NUMBER.format(Math.round(value / 1000)) + "k";
    return String(Math.round(value * 100) / 100);
  }

  /* -- parts of the page -------------------------------------------------------------------------------------- */
  function charts(one) {
    const runs = state.runs.filter((run) => run.connector === one.connector).slice(0, 30).reverse();
    const day = (run) => run.started.slice(5, 10);
    const worked = runs.filter((run) => run.files);
    const escrow = Object.entries(one.escrow.by_reason).map(([reason, people]) => ({ label: words(reason), value: people, kind: "b" }));
    const library = (one.samples || []).filter((sample) => sample.library_items !== null);
    return h("section", { "aria-label": "Charts of " + one.connector }, h("h2", {}, state.statuses.length > 1 ? "Charts: " + one.connector : "Charts"),
      h("div", { class: "charts" },
        bars("Changes per run", "people", worked.map((run) => ({ label: day(run), values: [run.counts.exported, run.counts.cleared, run.counts.escrowed] })), ["exported", "cleared", "into escrow"]),
        bars("From reading the directory to the profile", "hours", worked.filter((run) => run.latency_h !== null).map((run) => ({ label: day(run), values: [run.latency_h] })), []),
        lying("Escrow by reason", "people", escrow),
        bars("Library", "items", library.map((sample) => ({ label: sample.at.slice(5, 10), values: [sample.library_items] })), []),
        lying("Import jobs today", "of the day's budget", [{ label: one.connector, value: one.jobs_today, of: one.jobs_per_day, told: one.jobs_today + " of " + one.jobs_per_day, kind: one.jobs_today >= one.jobs_per_day ? "b" : "a" }])));
  }

  function job(one) {
    const flight = one.current_job;
    if (!flight) return null;
    const typical = one.typical_job_h;
    const late = flight.stalled || (typical !== null && flight.age_h > 3 * typical && flight.age_h > 1);
    const rows = [{ label: "age", value: flight.age_h, told: hours(flight.age_h), kind: late ? "b" : "a" }];
    if (typical !== null) rows.push({ label: "usually", value: typical, told: hours(typical), kind: "c" });
    return h("section", { "aria-label": "Import job" }, h("h2", {}, "Import job at SharePoint ", h("span", { class: "badge " + (late ? "warn" : "") }, flight.phase)),
      h("div", { class: "charts" }, lying("Age", "against the usual", rows)), h("p", { class: "muted mono" }, flight.file),
      flight.ids.length ? h("p", { class: "muted mono" }, "import job ", flight.ids.join(", ")) : null);
  }

  function lastRun(one) {
    const last = one.last_run;
    if (!last) return null;
    const counts = Object.entries(last.counts).filter(([, value]) => value);
    return h("section", { "aria-label": "Last run of " + one.connector }, h("h2", {}, "Last run ", badge(last.status), " ", h("span", { class: "muted mono" }, last.run)),
      last.why ? h("p", {}, last.why) : null,
      counts.length ? h("dl", { class: "facts" }, counts.map(([name, value]) => h("div", {}, h("dt", {}, words(name)), h("dd", {}, value)))) : h("p", { class: "muted" }, "nothing to do"));
  }

  const badge = (status) => h("span", { class: "badge " + ({ succeeded: "good", partly: "warn", no_change: "", failed: "loud", rejected: "warn" }[status] || "") }, words(status));

  const jobIds = (run) => run.import_jobs.length
    ? h("details", {}, h("summary", {}, run.import_jobs.length), run.import_jobs.map((id) => h("div", { class: "mono" }, id))) : run.files;

  function runList() {
    const several = state.statuses.length > 1;
    const columns = [["run", ""], several ? ["connector", ""] : null, ["kind", ""], ["result", ""], ["took", "n"], ["seen", "n"], ["unchanged", "n"], ["changed", "n"], ["cleared", "n"], ["exported", "n"], ["escrow", "n"], ["import jobs", ""]].filter(Boolean);
    const rows = state.runs.slice(0, 25).map((run) => {
      const cells = [[when(run.started), h("div", { class: "muted mono" }, run.id)], several ? run.connector : null, run.kind, badge(run.status), hours(run.hours), run.counts.people, run.counts.unchanged, run.counts.updated, run.counts.cleared, run.counts.exported, run.counts.escrowed, jobIds(run)].filter((cell) => cell !== null);
      return h("tr", { title: run.why || null }, cells.map((cell, at) => h("td", { class: columns[at][1] || null, "data-label": columns[at][0] }, cell)));
    });
    return h("section", { "aria-labelledby": "runs-title" }, h("h2", { id: "runs-title" }, "Runs"), rows.length
      ? h("div", { class: "scroll wide", tabindex: "0", role: "region", "aria-label": "Runs" }, h("table", {}, h("thead", {}, h("tr", {}, columns.map(([name, kind]) => h("th", { class: kind || null, scope: "col" }, name)))), h("tbody", {}, rows)))
      : h("p", { class: "muted" }, "No run has ended yet."));
  }

  function people() {
    const field = h("input", { id: "who", type: "search", autocomplete: "off", spellcheck: "false", required: true, maxlength: "320", placeholder: "ann@contoso.com" });
    const out = h("div", { id: "person", "aria-live": "polite" });
    const form = h("form", { role: "search", submit: async (event) => {
      event.preventDefault();
      put(empty(out), h("p", { class: "muted" }, "Looking…"));
      try { put(empty(out), person(await call("/users/" + encodeURIComponent(field.value.trim())))); }
      catch (error) { put(empty(out), h("p", {}, error.message)); }
    } }, h("label", { for: "who" }, "Why does this person have what they have?", field), h("button", { class: "primary" }, "Look up"));
    return h("section", { id: "people", "aria-labelledby": "people-title" }, h("h2", { id: "people-title" }, "Person"), form, out);
  }
  const empty = (node) => { node.replaceChildren(); return node; };

  function person(found) {
    const name = found.user ? found.user.displayName || found.user.userPrincipalName || found.id : "not in the directory";
    return [h("h3", {}, name, " ", h("span", { class: "muted mono" }, found.user ? found.user.userPrincipalName || "" : found.id)),
      found.connectors.map((one) => [
        one.waiting ? h("p", {}, h("b", {}, "Waiting: "), one.waiting) : null,
        one.escrow ? h("p", {}, h("b", {}, "In escrow: "), words(one.escrow.reason), one.escrow.detail ? " (" + one.escrow.detail + ")" : "", " since ", when(one.escrow.since), ", next try ", one.escrow.due ? when(one.escrow.due) : "at the next full round") : null,
        table(["property", "SharePoint confirmed", "declined"], Object.entries(one.known).map(([property, value]) => [property, shown(value), one.declined[property] === undefined ? "" : shown(one.declined[property])])),
        one.timeline.length ? h("h3", {}, "Timeline") : h("p", { class: "muted" }, "No run of the archive changed this person."),
        h("ol", { class: "timeline" }, [...one.timeline].reverse().map((step) => h("li", {},
          h("div", {}, when(step.at), " ", h("span", { class: "muted mono" }, step.run)), changed(step.changes), h("p", { class: "muted" }, step.result))))])];
  }
  const changed = (changes) => Object.entries(changes).map(([property, change]) => h("p", {}, h("b", {}, property), ": ", h("span", { class: "old" }, shown(change.old)), " → ", shown(change.new)));
  const table = (heads, rows) => h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));

  async function hold(one) {
    const held = await call("/holds/" + one.held_plan.run);
    const by = h("input", { id: "by-" + held.run, autocomplete: "off", maxlength: "100" });
    const decide = (verb) => async (event) => {
      const button = event.currentTarget;
      if (button.dataset.sure !== "yes") {
        button.dataset.sure = "yes";
        button.textContent = verb === "approve" ? "Really export this plan" : "Really reject this plan";
        return;
      }
      button.disabled = true;
      try {
        const answer = await call("/holds/" + held.run + "/" + verb, { method: "POST", body: JSON.stringify({ by: by.value }) });
        await refresh();
        say("Plan " + answer.decision + " by " + answer.by);
      } catch (error) { say(error.message, true); button.disabled = false; }
    };
    const counts = Object.entries(held.counts).filter(([, value]) => value);
    return h("section", { class: "hold", "aria-labelledby": "hold-" + held.run }, h("h2", { id: "hold-" + held.run }, "Held plan of " + held.connector + " ", h("span", { class: "muted mono" }, held.run)),
      h("p", {}, held.why), h("dl", { class: "facts" }, counts.map(([name, value]) => h("div", {}, h("dt", {}, words(name)), h("dd", {}, value)))),
      h("h3", {}, held.samples.length + " of the people it would change"),
      table(["person", "old → new"], held.samples.map((sample) => [sample.user || h("span", { class: "mono" }, sample.id), changed(sample.changes)])),
      h("p", { class: "muted" }, "Approving exports exactly this plan. Rejecting sets these values aside until their source changes."),
      h("form", { submit: (event) => event.preventDefault() }, h("label", { for: "by-" + held.run }, "Your name, for the record (signed in with Entra, that name counts)", by),
        h("button", { type: "button", class: "primary", click: decide("approve") }, "Approve"), h("button", { type: "button", class: "danger", click: decide("reject") }, "Reject")));
  }

  function actions(one) {
    const act = (path, body, told, headers) => async (event) => {
      const button = event.currentTarget;
      button.disabled = true;
      try { await call(path, { method: "POST", body: JSON.stringify(body), headers }); await refresh(); say(told); }
      catch (error) { say(error.message, true); }
      button.disabled = false;
    };
    const paused = one.state === "paused", off = one.quarantine && one.quarantine.off_since;
    const control = (verb, name, told, kind) => h("button", { type: "button", class: kind, click: act("/connectors/" + one.connector + "/" + verb, {}, told) }, name);
    const run = h("button", { type: "button", click: (event) => act("/runs", { connector: one.connector }, "Run asked for", { "idempotency-key": crypto.randomUUID() })(event) }, "Run now");
    if (off) return h("div", { class: "actions" }, control("resume", "Switch on", "Switched on: it is tried at once", "primary"));
    return h("div", { class: "actions" }, one.quarantine && one.quarantine.probe !== "decision" && !paused ? control("resume", "Try now", "It is tried at once", "primary") : null, run,
      paused ? control("resume", "Resume", "Resumed") : control("pause", "Pause", "Paused"));
  }

  function alarms(one) {
    if (!one.alarms.length) return null;
    return h("ul", { class: "alarms", "aria-label": "What administrators were told of" },
      one.alarms.map((alarm) => h("li", {}, h("b", {}, alarm.title), " since ", when(alarm.since), ": ", alarm.detail)));
  }

  /* The first lines are the server's until the script has fresher ones. */
  const CALM = { healthy: "good", starting: "neutral", staging: "neutral", paused: "neutral", quarantined: "loud", stalled: "loud" };
  function probes(one, fact) {
    const quarantine = one.quarantine;
    if (!quarantine) return one.next_try ? fact("next try", when(one.next_try)) : null;
    if (quarantine.off_since) return fact("switched off", when(quarantine.off_since));
    const next = quarantine.next_probe ? when(quarantine.next_probe) : quarantine.probe === "decision" ? "after the decision" : "with the next change";
    return [fact("next try", next), fact("switched off after", when(quarantine.off_after))];
  }
  function top(one) {
    const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
    return h("section", { class: "connector " + (CALM[one.state] || "warn"), "data-connector": one.connector },
      h("p", { class: "top" }, h("span", { class: "name" }, one.connector), h("b", { class: "state" }, one.state[0].toUpperCase() + one.state.slice(1)),
        one.since ? h("span", { class: "since" }, "since ", when(one.since)) : null, one.reason ? h("span", { class: "why" }, one.reason) : null),
      one.what_to_do ? h("p", { class: "todo" }, h("b", {}, "What to do: "), one.what_to_do) : null,
      h("dl", { class: "facts" }, fact("last success", when(one.last_success)), fact("last pull", when(one.last_pull)), fact("next full round", when(one.next_full)),
        fact("in escrow", one.escrow.total), fact("people known", one.people.known), fact("import jobs today", one.jobs_today + " of " + one.jobs_per_day), probes(one, fact),
        one.cert_days_left === null ? null : fact("certificate", one.cert_days_left < 0 ? "expired" : one.cert_days_left + " days left")),
      alarms(one),
      actions(one));
  }

  async function refresh() {
    try {
      const [status, runs] = await Promise.all([call("/status"), call("/runs?limit=60")]);
      state = { ...state, statuses: status.connectors, runs: runs.runs };
      const held = await Promise.all(state.statuses.filter((one) => one.held_plan).map((one) => hold(one).catch((error) => h("section", {}, error.message))));
      draw(held);
      say("As of " + new Date().toISOString().slice(11, 16) + " UTC");
    } catch (error) { say(error.message, true); }
  }

  /* What somebody is typing or reading stays: the person's part is made once. */
  const personPart = people(), live = h("div", { id: "live" });
  function draw(held) {
    put(empty(document.getElementById("connectors")), state.statuses.map(top));
    put(empty(live), held, state.statuses.map((one) => [job(one), lastRun(one), charts(one)]), runList());
  }
  put(app, live, personPart);
  refresh();
  setInterval(() => {
    const at = document.activeElement;
    if (document.visibilityState === "visible" && !(at && live.contains(at) && at.tagName === "INPUT")) refresh();
  }, REFRESH);
})();
