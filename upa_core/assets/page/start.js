/* Draws the view that the address names, and again every minute unless somebody is reading or typing. */
const REFRESH = 60000, stage = document.getElementById("view");
let drawing = 0;

async function show({ moved = false } = {}) {
  const mine = ++drawing, at = here(), what = VIEWS[at.name];
  let drawn;
  try { drawn = await what.draw(at.value, at.options); } catch (error) {
    if (mine !== drawing) return;
    say(error.message, true);
    if (!at.name) return;
    drawn = [crumbs(""), section("This can't be shown", h("p", {}, error.message))];
    if (document.getElementById("key-form")) return;
  }
  if (mine !== drawing) return;
  const title = what.title(at.value);
  document.title = (title ? title + " · " : "") + "upa-sync";
  stage.replaceChildren();
  put(stage, drawn);
  stage.dataset.view = at.name || "overview";
  if (!note.classList.contains("bad") || moved) say("As of " + new Date().toLocaleTimeString("en-GB", CLOCK));
  if (moved) { document.getElementById("main").focus({ preventScroll: true }); scrollTo(0, 0); }
}
function busy() {
  const at = document.activeElement;
  return (at && stage.contains(at) && at.tagName === "INPUT") || stage.querySelector("details[open], [data-sure]") !== null;
}
addEventListener("popstate", () => show({ moved: true }));
show({});
setInterval(() => { if (document.visibilityState === "visible" && !VIEWS[here().name].still && !busy()) { say(""); show({}); } }, REFRESH);
