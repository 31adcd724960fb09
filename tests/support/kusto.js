// Parses and binds Kusto queries with Microsoft's own parser. Reads {tables, queries} from standard input, writes for each
// query what is wrong with it: [[message, …], …].
const home = process.argv[2];
require(home + "/bridge.js");
require(home + "/Kusto.Language.Bridge.js");
const { Symbols, GlobalState, KustoCode } = Kusto.Language;
const { tables, queries } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const symbols = Object.entries(tables).map(([name, columns]) =>
  new Symbols.TableSymbol.$ctor7(name, "(" + Object.entries(columns).map(([column, kind]) => column + ": " + kind).join(", ") + ")", null)
);
const database = new Symbols.DatabaseSymbol.$ctor3("db", null, new (System.Collections.Generic.List$1(Symbols.Symbol).$ctor1)(symbols), false);
const globals = GlobalState.Default.WithDatabase(database);
const said = queries.map((text) => {
  const found = KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics();
  const messages = [];
  for (let at = 0; at < found.Count; at++) messages.push(found.getItem(at).Message);
  return messages;
});
process.stdout.write(JSON.stringify(said));
