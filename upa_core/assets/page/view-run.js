/* One run: what it did, its import files and import jobs, its people. */
view("run", { title: (id) => "Run " + id, draw: async (id, options) => {
  const run = await call("/runs/" + encodeURIComponent(id)), report = run.report;
  return [crumbs(run.connector, "Run"),
    section(["Run ", badge(run.status)], h("p", { class: "mono muted" }, id),
      report ? [report.why ? h("p", {}, report.why) : null,
        facts([["kind", report.full ? "full" : "delta"], ["began", when(report.started)], ["ended", when(report.ended)]])]
        : h("p", {}, "This run hasn't ended. ", link("connector", run.connector, {}, "What moves now"))),
    report ? section("What it came to", counted(report.counts) || h("p", { class: "muted" }, "There was nothing to do.")) : null,
    report ? importFiles(report.files) : null];
} });

function importFiles(files) {
  const columns = [["import file", ""], ["people", "n"], ["bytes", "n"], ["result", ""], ["import jobs", ""]];
  const rows = files.map((file) => [h("span", { class: "mono" }, file.name), file.people, file.size, file.settled ? file.confirmed ? "accepted" : "nobody accepted" : "under way",
    file.import_jobs.map((id) => h("div", { class: "mono" }, id))]);
  return rows.length ? section("Import files", table("Import files", columns, rows)) : null;
}
