import { expect, it } from "vitest";
import type { EngineName } from "../../../src/core/request.ts";
import { hasAskTool } from "../../../src/run/has-ask-tool.ts";

const from = (way: "import" | "digest") => ({ from_claude: { session: null, way, digest: null } });

it.each<[what: string, EngineName, Parameters<typeof hasAskTool>[1], thread: string | undefined, has: boolean]>([
  ["a new thread", "app-server", undefined, undefined, true],
  ["a new thread of exec", "exec", undefined, undefined, false],
  ["a thread that no record of ours knows yet", "app-server", undefined, "t", false],
  ["a thread of ours", "app-server", {}, "t", true],
  ["a session without a thread", "app-server", {}, undefined, true],
  ["an adopted thread", "app-server", { adopted: true }, "t", false],
  ["an imported thread", "app-server", from("import"), "t", false],
  ["a thread that began with a digest", "app-server", from("digest"), "t", true],
])("%s", (_, engine, session, thread, has) => {
  expect(hasAskTool(engine, session, thread)).toBe(has);
});
