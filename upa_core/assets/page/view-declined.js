/* Values that an administrator rejected: they aren't sent until their source changes, or the rejection is taken back. */
view("declined", { title: (name) => "Declined values of " + name, still: true, draw: async (name) => {
  const base = "/connectors/" + encodeURIComponent(name) + "/declined", found = (await call(base + "?limit=200")).people;
  const lift = (ids) => async () => { const answer = await post(base + "/lift", ids ? { ids } : {}); return people(answer.lifted) + " will be planned again"; };
  const rows = found.map((one) => [who(one), Object.entries(one.values).map(([property, value]) => h("p", {}, h("b", {}, property), ": ", shown(value))), button("Take back", lift([one.id]))]);
  return [crumbs(name, "Declined values"), section("Declined values of " + name, h("p", { class: "muted" }, "Rejected with a held plan. They aren't sent until their source changes, or you take the rejection back."),
    rows.length ? [table("Declined", [["person", ""], ["values", ""], ["decision", ""]], rows), h("div", { class: "actions" }, button("Take all back", lift(null), { sure: "Really take all back" }))] : h("p", {}, "Nothing is declined."))];
} });
