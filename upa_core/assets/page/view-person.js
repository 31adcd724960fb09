/* One person: what SharePoint accepted, what waits and why, what each run did. */
view("person", { title: (name) => name, still: true, draw: async (name) => {
  if (!name) return [crumbs(""), finder()];
  let found;
  try { found = await call("/users/" + encodeURIComponent(name)); } catch (error) { return [crumbs("", "Person"), finder(name), section(name, h("p", {}, error.message))]; }
  const user = found.user, title = user ? user.displayName || user.userPrincipalName || found.id : "not in the directory";
  return [crumbs("", "Person"),
    h("div", { id: "person" }, section(title, h("p", { class: "muted mono" }, [user && user.userPrincipalName !== title ? user.userPrincipalName : "", found.id].filter(Boolean).join(" · ")), found.connectors.map((one) => h("div", { class: "part" }, personIn(one, found.connectors.length > 1, found.id))))),
    finder(name)];
} });

const blank = (one) => !Object.keys(one.declined).length && Object.values(one.known).every((value) => value === null);
function known(one) {
  const declined = Object.keys(one.declined).length > 0, columns = [["property", ""], ["SharePoint accepted", ""], ...(declined ? [["declined", ""]] : [])];
  return table("Values", columns, Object.entries(one.known).map(([property, value]) => [property, shown(value), ...(declined ? [one.declined[property] === undefined ? "–" : shown(one.declined[property])] : [])]));
}
function personIn(one, several, id) {
  const now = async () => {
    const told = await post("/connectors/" + encodeURIComponent(one.connector) + "/users/" + id + "/sync", {}), lines = [...Object.entries(told.results), ...Object.entries(told.refused)];
    return lines.length ? lines.map(([property, what]) => property + ": " + words(what)).join("; ") : "Nothing differs";
  };
  const waiting = (verb, told) => async () => { const answer = await post("/connectors/" + encodeURIComponent(one.connector) + "/escrow/" + verb, { ids: [id] }); return people(answer.people) + " " + told; };
  const waits = Object.entries(one.escrow || {}), steps = [...one.timeline].reverse();
  return [several ? h("h3", {}, link("connector", one.connector, {}, one.connector)) : null,
    one.waiting ? h("p", {}, h("b", {}, "Waiting: "), one.waiting) : null,
    waits.map(([property, entry]) => h("p", {}, h("b", {}, property === "*" ? "In escrow: " : property + " in escrow: "), words(entry.reason), entry.detail ? [" (", fold(entry.detail), ")"] : null,
      " since ", when(entry.since), ", next try ", entry.due ? when(entry.due) : "at the next full round")),
    waits.length ? h("div", { class: "actions" }, button("Retry now", waiting("retry", "will be tried at the next export")), button("Give up", waiting("give-up", "left escrow"), { kind: "danger", sure: "Really give this person up" }), link("escrow", one.connector, {}, "What to do")) : null,
    blank(one) ? h("p", { class: "muted" }, "SharePoint has accepted nothing yet of " + Object.keys(one.known).join(", ") + ".") : known(one), !blank(one) && Object.values(one.known).includes(null) ? h("p", { class: "muted" }, "unknown: nothing has confirmed yet what the profile holds") : null,
    h("div", { class: "actions" }, button("Write what differs now", now, { sure: "Really write this profile now" })),
    steps.length ? h("h3", {}, "What runs did") : h("p", { class: "muted" }, "No run that is kept changed this person."),
    h("ol", { class: "timeline" }, steps.map((step) => h("li", {}, h("div", {}, link("run", step.run, {}, when(step.at))), changed(step.changes), h("p", { class: "muted" }, fold(step.result)))))];
}
