import type { Beat } from "./scripted-model.ts";

/** What the check prints while it is red has a planted key in it. */
export const CHECK_SECRET = "sk-ant-api03-Zx9Qw8Er7Ty6Ui5Op4As3Df2";
/** A workspace with a check that is red until there is the file `fixed.txt`. */
export const RED_FILES = {
  "check.sh": `echo "fixed.txt is nowhere, with ${CHECK_SECRET}"\ntest -e fixed.txt || exit 3\n`,
};
export const RED_CHECK = ["--verify", "sh check.sh"];
export const RED_GOAL = "make fixed.txt; the check must pass";
/** A turn that makes the check green. */
export const MENDS: Beat[] = [{ run: "touch fixed.txt" }, { say: "Made it.\n\nStatus: done" }];
