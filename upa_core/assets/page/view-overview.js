/* Every connector: how it is, what moves, what needs somebody. One connector alone is shown at once. */
view("", { title: () => "", draw: async () => {
  const { connectors } = await call("/status");
  if (connectors.length === 1) return VIEWS.connector.draw(connectors[0].connector, {});
  const order = ["loud", "warn", "neutral", "good"], rank = (one) => (attention(one) ? 0 : 4) + order.indexOf(tone(one.state));
  const sorted = [...connectors].sort((one, other) => rank(one) - rank(other)), busy = sorted.filter(attention);
  const named = busy.flatMap((one, place) => [place ? ", " : "", link("connector", one.connector, {}, one.connector)]);
  return [h("p", { class: "sum" }, h("b", {}, busy.length ? busy.length + " of " + connectors.length + " connectors need somebody: " : "None of " + connectors.length + " connectors needs anybody."), named),
    sorted.map((one) => card(one, link("connector", one.connector, {}, one.connector))), finder()];
} });
const attention = (one) => Boolean(one.on_page || one.held_plan || one.alarms.length || one.refused_properties.length || lacking(one).length);
