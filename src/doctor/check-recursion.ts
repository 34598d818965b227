import { insideCodex } from "../gate/inside-codex.mjs";
import { type Check, finding, ok } from "./check.ts";

/** Codex must not delegate to itself: inside Codex nothing is started, by the doctor neither. */
export const checkRecursion: Check = {
  id: "recursion",
  title: "Recursion",
  run({ env }) {
    const found = insideCodex(env);
    return found ? finding("fail", `${found.message}; ${found.hint}`) : ok("not inside Codex");
  },
};
