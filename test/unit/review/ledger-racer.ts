import { once } from "node:events";
import { changeLedger } from "../../../src/review/ledger-file.ts";
import { reconcile } from "../../../src/review/reconcile.ts";
import { waive } from "../../../src/review/waive.ts";

/** Waits for a word on stdin, then tells the ledger of `times` reviews, each with a finding of its own, and waives it. */
const [home = "", workspace = "", name = "", times = "1"] = process.argv.slice(2);
const owner = { home, workspace, branch: "main", head: null };

process.stdout.write("ready\n");
await once(process.stdin, "data");
for (let nth = 0; nth < Number(times); nth++) {
  const claim = {
    ...({
      severity: "low",
      file: `src/${name}-${nth}.ts`,
      line: null,
      end_line: null,
      claim: `It leaks in ${name}.`,
    } as const),
    ...({ evidence: "", suggestion: "", run_id: "r-1", place: "change" } as const),
  };
  let id = "";
  changeLedger(owner, (ledger) => {
    const told = reconcile(ledger, {
      ...({ reviewId: `v-20261121-12000${nth}-${name}`, kind: "native", focus: null } as const),
      ...{ found: [{ claim, anchors: [] }], renamed: new Map(), lookedAt: () => false },
    });
    id = told.findings[0]?.id ?? "";
    return told.ledger;
  });
  changeLedger(owner, (ledger) => waive(ledger, id, `reason of ${name}-${nth}`, new Date()));
}
process.exit(0);
