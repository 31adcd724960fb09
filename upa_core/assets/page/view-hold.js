/* A held plan: why, how much, whom; approve or reject. */
view("hold", { title: () => "Held plan", still: true, draw: async (run) => {
  const held = await call("/holds/" + encodeURIComponent(run)), plan = await call("/runs/" + encodeURIComponent(run));
  const by = h("input", { id: "by", autocomplete: "off", maxlength: "100" });
  const decide = (verb) => async () => {
    const answer = await post("/holds/" + held.run + "/" + verb, { by: by.value });
    history.replaceState(null, "", address("connector", held.connector, {}));
    return "Plan " + answer.decision + " by " + answer.by + (verb === "approve" ? ": it is exported with the next tick, exactly as it was frozen" : ": its values are set aside until their source changes");
  };
  return [crumbs(held.connector, "Held plan"),
    h("div", { class: "hold" }, section("Held plan of " + held.connector, h("p", { class: "mono muted" }, held.run), h("p", {}, h("b", {}, held.why), " · since ", when(held.since)), counted(held.counts, { pairs: "values in it" }), plan.plan ? h("p", { class: "muted" }, "Plan ", h("span", { class: "mono" }, plan.plan), ": upa plan shows the same hash for the same changes.") : null),
      kinds(plan.properties || {}),
      section("Decide", h("p", {}, "Approving exports exactly this plan. Rejecting sets these values aside until their source changes."),
        h("form", { submit: (event) => event.preventDefault() }, h("label", { for: "by" }, "Your name, for the record (signed in with Entra, that name counts)", by),
          button("Approve", decide("approve"), { kind: "primary", sure: "Really export this plan" }), button("Reject", decide("reject"), { kind: "danger", sure: "Really reject this plan" }))),
      section(held.samples.length < 20 ? "The people it would change" : held.samples.length + " of the people it would change", h("div", { class: "actions" }, link("run", held.run, {}, "Everybody, page by page"),
        saving("The whole plan as CSV", "/runs/" + encodeURIComponent(held.run) + "/people?format=csv", held.run + ".csv")), table("Samples", [["person", ""], ["old → new", "plain"]], held.samples.map((one) => [who(one), changed(one.changes)]))))];
} });
