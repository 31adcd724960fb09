/* What profiles hold that SharePoint didn't get from us, and who can't be read. */
const VERDICTS = { different: "changed by somebody else", empty: "cleared, or hidden by the user", edited: "kept, as on_user_edit says", untold: "can't be compared" };
const UNREAD = { not_in_directory: "Entra doesn't know them any more", no_user_name: "no usable user name", no_profile: "no profile under their user name: it doesn't exist, or they were renamed lately",
  no_object_id: "the profile doesn't tell whose it is", other_person: "their user name leads to somebody else's profile", same_user_name: "two people bear the user name today", refused: "SharePoint refused this one person" };
const LISTED = 200, ORDER = Object.keys(VERDICTS);

view("drift", { title: (name) => "Drift of " + name, still: true, draw: async (name, options) => {
  const base = "/connectors/" + encodeURIComponent(name) + "/drift", only = options.property ? "&property=" + encodeURIComponent(options.property) : "";
  const found = await call(base + "?limit=" + LISTED + only), standing = found.standing, sums = Object.entries(standing.properties || {});
  const rows = [...found.differences].sort((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict)).map((one) => [who(one), one.property, h("p", {}, h("span", { class: "old" }, shown(one.old)), " → ", shown(one.found)), when(one.since),
    h("p", { class: "muted" }, [one.contested ? "somebody or something else writes it" : VERDICTS[one.verdict], one.times > 1 ? one.times + " times" : "", one.repairs ? "sent again, not read since" : ""].filter(Boolean).join("; "))]);
  const chosen = sums.length > 1 ? h("form", { submit: (event) => event.preventDefault() }, h("label", { for: "by-property" }, "property", h("select", { id: "by-property", change: (event) => go(address("drift", name, event.currentTarget.value ? { property: event.currentTarget.value } : {})) },
    h("option", { value: "" }, "any"), sums.map(([property]) => h("option", { value: property, selected: options.property === property }, property))))) : null;
  return [crumbs(name, "Drift"), section("Drift of " + name, h("p", {}, standing.says[0].toUpperCase() + standing.says.slice(1) + "."),
      facts([["read", NUMBER.format(standing.read) + " of " + people(standing.people)], ["oldest read", standing.oldest_read ? when(standing.oldest_read) : null], ["newest read", standing.newest_read ? when(standing.newest_read) : null]])),
    driftSums(sums),
    section("Differences", chosen, rows.length ? [table("Differences", [["person", ""], ["property", "half"], ["accepted → found", ""], ["since", "half"], ["what it means", "half"]], rows),
      h("div", { class: "actions" }, saving("All of them as CSV", base + "?format=csv" + only, "drift-" + name + ".csv"))] : h("p", {}, standing.read ? "Nothing differs from what SharePoint accepted." : "No profile has been read back yet."),
      rows.length === LISTED ? h("p", { class: "muted" }, "These are the first " + LISTED + "; the CSV has all of them.") : null),
    found.unreadable.length ? section("Who can't be read", table("Who can't be read", [["person", ""], ["why", "plain"], ["since", ""]],
      found.unreadable.map((one) => [who(one), [UNREAD[one.why] || words(one.why), one.code ? h("span", { class: "muted" }, " (" + one.code + ")") : null], when(one.since)]))) : null];
} });

const SUMS = { different: "different", empty: "empty", edited: "kept", untold: "can't be compared", contested: "written by others" };
function driftSums(sums) {
  const counted = Object.entries(SUMS).filter(([name]) => sums.some(([, one]) => one[name]));
  const rows = sums.filter(([, one]) => counted.some(([name]) => one[name])).map(([property, one]) => [property, ...counted.map(([name]) => one[name] || 0), one.since ? when(one.since) : ""]);
  return rows.length ? section("People by property", table("People by property", [["property", ""], ...counted.map(([, title]) => [title, "n"]), ["since", "half"]], rows)) : null;
}
