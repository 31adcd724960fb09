/* Every connector: how it is, what moves, what needs somebody. One connector alone is shown at once. */
view("", { title: () => "", draw: async () => {
  const { connectors } = await call("/status");
  if (connectors.length === 1) return VIEWS.connector.draw(connectors[0].connector, {});
  return [connectors.map((one) => card(one, link("connector", one.connector, {}, one.connector))), finder()];
} });
