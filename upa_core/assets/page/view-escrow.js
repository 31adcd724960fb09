/* Who waits to be retried, by cause. */
view("escrow", { title: (name) => "Escrow of " + name, draw: async (name) => {
  const one = (await call("/status")).connectors.find((other) => other.connector === name);
  if (!one) throw new Error("no connector named " + name);
  const rows = Object.entries(one.escrow.by_reason).map(([reason, number]) => [words(reason), number]);
  return [crumbs(name, "Escrow"), section("Escrow of " + name, rows.length
    ? [facts([["in escrow", people(one.escrow.total)], ["the longest", hours(one.escrow.oldest_h)], ["next try", one.escrow.next_due ? when(one.escrow.next_due) : "at the next full round"]]),
      table("Causes", [["cause", ""], ["people", "n"]], rows)]
    : h("p", {}, "Nobody waits."))];
} });
