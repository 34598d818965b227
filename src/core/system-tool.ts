import { win32 } from "node:path";

const USUAL = "C:\\Windows";
let root = USUAL;

/**
 * Notes where Windows lies, from the environment that a script or a broker was started with. What is no absolute path
 * of a drive is not believed.
 */
export function learnSystemRoot(env: NodeJS.ProcessEnv): void {
  const entry = Object.entries(env).find(([name]) => name.toUpperCase() === "SYSTEMROOT");
  const named = entry?.[1] ?? "";
  root = /^[A-Za-z]:\\[^"%*?<>|]*$/.test(named) ? named : USUAL;
}

/**
 * A program of Windows's own by its whole path: by its name alone, Windows looks for it in the current directory first,
 * which is a workspace.
 */
export const systemTool = (...below: readonly string[]): string => win32.join(root, "System32", ...below);
