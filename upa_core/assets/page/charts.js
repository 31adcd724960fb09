/* Charts in SVG. A chart without a figure above zero isn't drawn: it would say nothing. */
function bars(title, unit, rows, names) {
  if (!rows.some((row) => row.values.some(Boolean))) return null;
  const W = 320, H = 120, left = 34, bottom = 18, top = nice(Math.max(...rows.map((row) => sum(row.values))));
  const width = (W - left) / Math.max(rows.length, 12), scale = (H - bottom - 8) / top, drawn = [];
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
  drawn.push(s("text", { x: left, y: H - 4 }, rows[0].label));
  if (rows.length > 6) drawn.push(s("text", { x: left + rows.length * width, y: H - 4, "text-anchor": "end" }, rows[rows.length - 1].label));
  const told = rows.map((row) => row.label + " " + row.values.map(short).join("/")).join(", ");
  return h("figure", {}, h("figcaption", {}, title, " ", h("span", {}, unit)),
    s("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": title + ": " + told }, drawn),
    names.length > 1 ? h("ul", { class: "legend" }, names.map((name, kind) => rows.some((row) => row.values[kind]) ? h("li", {}, h("i", { class: "abc"[kind] }), name) : null)) : null);
}
function lying(title, unit, rows) {
  if (!rows.some((row) => row.value)) return null;
  const W = 320, line = 26, most = Math.max(1, ...rows.map((row) => row.of || row.value));
  const drawn = rows.flatMap((row, at) => [
    s("text", { x: 0, y: at * line + 10 }, row.label), s("text", { x: W, y: at * line + 10, "text-anchor": "end" }, row.told || short(row.value)),
    s("rect", { class: "track", x: 0, y: at * line + 14, width: W, height: 7, rx: 3 }),
    s("rect", { class: row.kind || "a", x: 0, y: at * line + 14, width: Math.max(row.value ? 2 : 0, Math.min(1, row.value / (row.of || most)) * W), height: 7, rx: 3 })]);
  return h("figure", {}, h("figcaption", {}, title, " ", h("span", {}, unit)),
    s("svg", { viewBox: `0 0 ${W} ${rows.length * line}`, role: "img", "aria-label": title + ": " + rows.map((row) => row.label + " " + (row.told || row.value)).join(", ") }, drawn));
}
const sum = (values) => values.reduce((a, b) => a + b, 0);
function nice(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) || most;
}
function short(value) {
  if (value >= 10000) return NUMBER.format(Math.round(value / 1000)) + "k";
  return String(Math.round(value * 100) / 100);
}
