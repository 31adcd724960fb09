// Genuine clients, driven as their users drive them; one answer for each step, as JSON. `node clients.mjs FOLDER CLIENT`
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, client] = process.argv.slice(2);
const asked = JSON.parse(process.env.UPA_ASKED);
const resolve = createRequire(pathToFileURL(folder + "/"));
const load = (name) => import(pathToFileURL(resolve.resolve(name)).href);
const said = {};

async function step(name, act) {
  try {
    said[name] = await act();
  } catch (error) {
    said[name] = { error: String((error && (error.message || error.error && error.error.message)) || error), code: error && (error.code || error.status || error.statusCode) || null };
  }
}

async function graph() {
  const { Client, PageIterator } = await load("@microsoft/microsoft-graph-client");
  const made = Client.initWithMiddleware({
    baseUrl: asked.graph + "/", defaultVersion: "v1.0", customHosts: new Set([new URL(asked.graph).hostname]),
    authProvider: { getAccessToken: async () => asked.token },
  });
  await step("selected", () => made.api("/users").select("displayName,userPrincipalName").top(2).get());
  await step("filtered", () => made.api("/users").filter(`userPrincipalName eq '${asked.name}'`).select("id").get());
  await step("not equal", () => made.api("/users").filter("department ne 'X'").get());
  await step("not equal, counted", () => made.api("/users").header("ConsistencyLevel", "eventual").count(true).filter("department ne 'X'").select("id").get());
  await step("searched", () => made.api("/users").header("ConsistencyLevel", "eventual").search('"displayName:P1"').get());
  await step("count", () => made.api("/users/$count").header("ConsistencyLevel", "eventual").get());
  await step("one", () => made.api("/users/" + asked.name).select("displayName,id").get());
  await step("nobody", () => made.api("/users/nobody@contoso.com").get());
  await step("no such segment", () => made.api("/userz").get());
  await step("ordered", () => made.api("/users").orderby("displayName desc").select("displayName").top(2).get());
  await step("expanded", () => made.api("/users").expand("manager").get());
  await step("site", () => made.api("/sites/root").get());
  await step("delta", async () => {
    const found = [];
    const page = await made.api("/users/delta").select("displayName").get();
    const pages = new PageIterator(made, page, (one) => { found.push(one.id); return true; });
    await pages.iterate();
    return { people: found.length, link: pages.getDeltaLink() };
  });
  await step("batch", () => made.api("/$batch").post({ requests: [
    { id: "1", method: "GET", url: "/users/" + asked.name + "?$select=displayName" },
    { id: "2", method: "GET", url: "/users/nobody@contoso.com" },
  ] }));
}

async function pnpjs() {
  const { spfi } = await load("@pnp/sp");
  await load("@pnp/sp/presets/all");
  await load("@pnp/sp-admin");
  const { SPDefault } = await load("@pnp/nodejs");
  const bearer = (token) => (instance) => {
    instance.on.auth.replace(async (url, init) => [url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }]);
    return instance;
  };
  const sp = spfi().using(SPDefault({ baseUrl: asked.site }), bearer(asked.token));
  const admin = spfi().using(SPDefault({ baseUrl: asked.admin }), bearer(asked.adminToken));
  const folder = sp.web.getFolderByServerRelativePath("/sites/upa/Imports");
  await step("web", () => sp.web.select("Title", "ServerRelativeUrl")());
  await step("added", async () => (await folder.files.addUsingPath("a.json", '{"value":[]}', { Overwrite: true })).Name);
  await step("added with quotes", async () => (await folder.files.addUsingPath("O'Neil's.json", "b", { Overwrite: true })).Name);
  await step("listed", () => folder.files.select("Name", "Length").orderBy("Name", true).top(5)());
  await step("filtered", () => folder.files.filter("Name eq 'a.json'").select("Name")());
  await step("no such field", () => folder.files.select("Nonsense")());
  await step("text", () => sp.web.getFileByServerRelativePath("/sites/upa/Imports/a.json").getText());
  await step("no such file", () => sp.web.getFileByServerRelativePath("/sites/upa/Imports/none.json")());
  await step("library", () => sp.web.lists.getByTitle("Imports").select("Title", "ForceCheckout", "EnableModeration")());
  await step("lists", () => sp.web.lists.select("Title")());
  await step("fields", () => sp.web.lists.getByTitle("Imports").fields.filter("Required eq true").select("InternalName")());
  await step("profile", async () => (await admin.profiles.getPropertiesFor("i:0#.f|membership|" + asked.name)).AccountName);
  await step("property", () => admin.profiles.getUserProfilePropertyFor("i:0#.f|membership|" + asked.name, "UserName"));
  const account = "i:0#.f|membership|" + asked.name;
  await step("set", () => admin.profiles.setSingleValueProfileProperty(account, "CostCenter", 'R&D "x" <é>, \'y\''));
  await step("set, read back", () => admin.profiles.getUserProfilePropertyFor(account, "CostCenter"));
  await step("set to several", () => admin.profiles.setMultiValuedProfileProperty(account, "Teams", ["one", "two, three"]));
  await step("cleared", () => admin.profiles.setMultiValuedProfileProperty(account, "Badges", []));
  await step("set what isn't there", () => admin.profiles.setSingleValueProfileProperty(account, "NoSuchProperty", "x"));
  await step("queued", () => admin.admin.office365Tenant.queueImportProfileProperties(1, "IdName", [{ Key: "City", Value: "City", ValueType: "Edm.String" }], asked.site + "/Imports/a.json"));
  await step("jobs", async () => (await admin.admin.office365Tenant.getImportProfilePropertyJobs()).map((job) => job.State));
  await step("recycled", () => sp.web.getFileByServerRelativePath("/sites/upa/Imports/O'Neil's.json").recycle());
  await step("deleted", () => sp.web.getFileByServerRelativePath("/sites/upa/Imports/a.json").delete());
  await step("folder", async () => (await folder.folders.addUsingPath("logs")).Name);
  await step("folders", () => folder.folders.select("Name")());
  await step("user", () => sp.web.currentUser());
}

async function m365() {
  const { executeCommand } = await load("@pnp/cli-microsoft365");
  const { cli } = await import(pathToFileURL(folder + "/node_modules/@pnp/cli-microsoft365/dist/cli/cli.js").href);
  cli.getConfig().set("disableTelemetry", true);
  const run = async (command, options) => {
    const done = await executeCommand(command, { output: "json", ...options });
    return done.stdout ? JSON.parse(done.stdout) : done.stdout;
  };
  await step("login", () => run("login", { authType: "certificate", certificateFile: asked.certificate, thumbprint: asked.thumbprint, appId: asked.app, tenant: asked.tenant }));
  await step("user", () => run("entra user get", { userName: asked.name, properties: "displayName" }));
  await step("added", () => run("spo file add", { webUrl: asked.site, folder: "Imports", path: asked.file }));
  await step("listed", () => run("spo file list", { webUrl: asked.site, folderUrl: "Imports", fields: "Name,Length" }));
  await step("checked in", () => run("spo file checkin", { webUrl: asked.site, url: "/sites/upa/Imports/" + asked.fileName }));
  await step("library", () => run("spo list get", { webUrl: asked.site, title: "Imports", properties: "Title,ForceCheckout" }));
  await step("profile", () => run("spo userprofile get", { userName: asked.name }));
  await step("set", () => run("spo userprofile set", { userName: asked.name, propertyName: "CostCenter", propertyValue: 'R&D "x" <é>' }));
  await step("set to several", () => run("spo userprofile set", { userName: asked.name, propertyName: "Teams", propertyValue: "one, two" }));
  await step("read back", () => run("spo userprofile get", { userName: asked.name }));
  await step("set what isn't there", () => run("spo userprofile set", { userName: asked.name, propertyName: "NoSuchProperty", propertyValue: "x" }));
  await step("removed", () => run("spo file remove", { webUrl: asked.site, url: "/sites/upa/Imports/" + asked.fileName, force: true }));
}

await { graph, pnpjs, m365 }[client]();
process.stdout.write("\n@@" + JSON.stringify(said));
