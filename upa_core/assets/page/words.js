/* Words, moments and values as people read them. */
const words = (name) => name.replaceAll("_", " ").replace("sharepoint", "SharePoint");
const DAY = { weekday: "short", day: "numeric", month: "short" }, CLOCK = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };

/* The day and the hour where the reader is; the tip says it in UTC. */
function when(moment) {
  if (!moment) return "never";
  const date = new Date(moment), year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return h("time", { datetime: moment, title: moment.slice(0, 16).replace("T", " ") + " UTC" }, date.toLocaleString("en-GB", { ...DAY, ...year, ...CLOCK }));
}
/* A sentence whose moments, which are in UTC, are where the reader is too. */
function told(text) {
  return text.split(/(\d{4}-\d\d-\d\d \d\d:\d\d UTC)/).map((part, place) => place % 2 ? when(part.slice(0, 16).replace(" ", "T") + ":00Z") : part);
}
const day = (moment) => new Date(moment).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
function hours(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 48) return (value / 24).toFixed(1) + " days";
  return value < 1 ? Math.round(value * 60) + " min" : value.toFixed(1) + " h";
}

/* A value: unknown and empty are words, a long one is folded. */
const FOLDED = 120;
function shown(value) {
  if (value === null || value === undefined) return h("i", { class: "muted" }, "unknown");
  if (value === "") return h("i", { class: "muted" }, "empty");
  return fold(String(value));
}
function fold(value) {
  if (value.length <= FOLDED) return value;
  return h("details", { class: "folded" }, h("summary", {}, value.slice(0, FOLDED - 40) + "… ", h("span", { class: "muted" }, NUMBER.format(value.length) + " characters")), value);
}

const TONES = { healthy: "good", starting: "neutral", staging: "neutral", paused: "neutral", quarantined: "loud", stalled: "loud" };
const tone = (state) => TONES[state] || "warn";
const RESULTS = { complete: "good", partly: "warn", failed: "loud", rejected: "warn", accepted: "good", refused: "loud", escrowed: "warn", declined: "", planned: "", unknown: "warn", not_sent: "" };
const badge = (status) => h("span", { class: "badge " + (RESULTS[status] || "") }, words(status));
const people = (number) => NUMBER.format(number) + (number === 1 ? " person" : " people");

const note = document.getElementById("note");
function say(message, bad) { note.textContent = message; note.className = bad ? "bad" : ""; }
