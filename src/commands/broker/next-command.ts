import type { SessionView } from "../../broker/store/read-session.ts";

/** The one command that is of use in the state that a session is in. */
export function nextCommand(view: SessionView, self: (script: string) => string): string {
  const { brokerId } = view.ref;
  const broker = (words: string) => `${self("codex_broker")} ${words}`;
  switch (view.state) {
    case "queued":
    case "running":
      return broker(`wait ${brokerId}`);
    case "waiting_input":
      return broker(view.run?.view.state === "waiting_input" ? `answer ${brokerId} "…"` : `send ${brokerId} "…"`);
    case "attention_required":
      return view.run === undefined ? broker(`summary ${brokerId}`) : `${self("codex_runs")} show ${view.run.runId}`;
    case "stopped":
    case "lost":
      return view.broker ? broker(`resume ${brokerId}`) : afterOneRun(view, self);
  }
}

/** The session of an `ask_codex` goes on with another one, where it came to be a session. */
function afterOneRun({ ref, run, session }: SessionView, self: (script: string) => string): string {
  if (session?.session_id) return `${self("ask_codex")} --session ${ref.brokerId} "…"`;
  return run === undefined ? `${self("codex_broker")} list` : `${self("codex_runs")} show ${run.runId}`;
}
