/* Who waits to be retried, by cause: each cause once, with what to do about it. */
view("escrow", { title: (name) => "Escrow of " + name, still: true, draw: async (name) => {
  const base = "/connectors/" + encodeURIComponent(name) + "/escrow", [status, found] = await Promise.all([call("/status"), call(base)]);
  const one = status.connectors.find((other) => other.connector === name);
  return [crumbs(name, "Escrow"), section("Escrow of " + name, found.causes.length
    ? [facts([["in escrow", one.escrow.total ? people(one.escrow.total) : "nobody"], ["the longest", one.escrow.total ? hours(one.escrow.oldest_h) : null],
      ["next try", one.escrow.total ? one.escrow.next_due ? when(one.escrow.next_due) : "at the next full round" : null]]),
      one.escrow.total ? h("div", { class: "actions" }, saving("Everybody as CSV", base + "?format=csv", "escrow-" + name + ".csv")) : null]
    : h("p", {}, "Nobody waits.")), found.causes.map((each) => cause(base, each))];
} });

function cause(base, one) {
  const chosen = { property: one.property, reason: one.reason, ...(one.detail ? { detail: one.detail } : {}) };
  const done = (verb, told) => async () => { const answer = await post(base + "/" + verb, chosen); return people(answer.people) + " " + told; };
  const answered = ["refused_by_sharepoint", "profile_not_created"].includes(one.reason), [kind, ...rest] = answered ? one.detail.split(": ") : [""], said = rest.join(": ");
  return section([one.property === "*" ? "The whole person" : one.property, ": ", words(one.reason)],
    !one.detail ? null : answered ? h("p", {}, "SharePoint says: ", said ? [h("q", {}, fold(said)), h("span", { class: "muted" }, " (", kind, ")")] : kind) : h("p", {}, fold(one.detail)),
    facts([["waiting", one.everybody ? "set aside for everybody" : people(one.people)], [one.everybody ? "refused" : "since", one.everybody ? people(one.people) : when(one.since)], one.everybody ? ["since", when(one.since)] : ["most tries", one.tries],
      ["next try", one.next_try ? when(one.next_try) : "at the next full round"]]),
    one.on_page ? h("p", {}, h("b", {}, "What to do: "), one.on_page) : null,
    one.examples.length ? h("p", {}, one.people > one.examples.length ? "Among them: " : "Who: ", one.examples.map((each, at) => [at ? ", " : "", who(each)])) : null,
    one.everybody ? null : h("div", { class: "actions" }, button("Retry now", done("retry", "will be tried at the next export")),
      button("Give up", done("give-up", "left escrow"), { kind: "danger", sure: "Really give up " + people(one.people) })));
}
