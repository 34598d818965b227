import type { Io } from "../../cli/define.ts";
import { usageError } from "../../core/errors.ts";
import { shortLine } from "../../core/one-line.ts";
import { changeLedger, type LedgerOwner, readLedger } from "../../review/ledger-file.ts";
import type { Ledger } from "../../review/ledger-state.ts";
import { ledgerJson, renderLedger } from "../../review/render-ledger.ts";
import { resolveTarget } from "../../review/resolve-target.ts";
import { unwaive, waive } from "../../review/waive.ts";
import { stateHome } from "../../sys/paths.ts";
import { locate } from "../ask/locate.ts";
import type { ReviewFlags } from "./flags.ts";

type LedgerFlags = Pick<ReviewFlags, "ledger" | "waive" | "unwaive" | "reason" | "json" | "workspace">;

/** Claude Code cuts long output to its first 2 KB. */
const STDOUT_BYTES = 8_000;

/** Shows the ledger of the branch that is checked out, or changes what it holds of one finding; starts nothing. */
export async function ledgerVerb(flags: LedgerFlags, io: Io): Promise<number> {
  refuseContradictions(flags);
  const owner = await findOwner(flags.workspace, io);
  const id = flags.waive ?? flags.unwaive;
  if (id === undefined) {
    const ledger = readLedger(owner);
    io.stdout.write(flags.json ? `${JSON.stringify(ledgerJson(ledger))}\n` : renderLedger(ledger, STDOUT_BYTES));
    return 0;
  }
  const change = (ledger: Ledger) =>
    flags.waive === undefined ? unwaive(ledger, id) : waive(ledger, id, flags.reason ?? "", new Date());
  const finding = ledgerJson(changeLedger(owner, change)).findings.find((one) => one.id === id);
  io.stdout.write(flags.json ? `${JSON.stringify(finding)}\n` : `finding=${id}\nstate=${finding?.state}\n`);
  return 0;
}

function refuseContradictions({ ledger, waive: waived, unwaive: unwaived, reason }: LedgerFlags): void {
  const named = [
    ...(ledger ? ["--ledger"] : []),
    ...(waived === undefined ? [] : ["--waive"]),
    ...(unwaived === undefined ? [] : ["--unwaive"]),
  ];
  if (named.length > 1) throw usageError(`${named.join(" and ")} contradict each other`, "give one of them");
  if (reason !== undefined && waived === undefined) throw usageError("--reason is for --waive", "leave it out");
  if (waived !== undefined && reason === undefined)
    throw usageError(
      "--waive needs a --reason",
      `codex_review --waive ${shortLine(waived, 40)} --reason "why it is all right"`,
    );
}

async function findOwner(named: string | undefined, io: Io): Promise<LedgerOwner> {
  const { workspace, git } = locate(named, io.cwd);
  if (!git)
    throw usageError(`${workspace} is in no git repository, so there is no review of it`, "name one with --workspace");
  const { branch, head } = await resolveTarget({ workspace, env: io.env }, "uncommitted");
  return { home: stateHome(io.env), workspace, branch, head };
}
