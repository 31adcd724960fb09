/* Nodes are made one by one and text is only ever text: whatever a value holds stays a value. */
const SVG = "http://www.w3.org/2000/svg", NUMBER = new Intl.NumberFormat("en");

function put(node, ...children) {
  for (const child of children.flat(9)) if (child !== null && child !== undefined && child !== false && child !== "") node.append(typeof child === "number" ? NUMBER.format(child) : child);
  return node;
}
function make(node, attributes) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  return node;
}
function h(tag, attributes, ...children) { return put(make(document.createElement(tag), attributes), ...children); }
function s(tag, attributes, ...children) { return put(make(document.createElementNS(SVG, tag), attributes), ...children); }
