import { type PolicyInput, planPolicy } from "../../../src/policy/plan-policy.ts";
import { samplePower } from "../core/samples.ts";

/** The policy of a run in /w, except for what is given. */
export const samplePlan = (over: Partial<PolicyInput>, platform?: NodeJS.Platform) =>
  planPolicy(
    {
      power: samplePower(),
      workspace: "/w",
      grants: ["/w"],
      stateHome: "/state",
      tmpDir: "/state/tmp/r-1",
      id: "r-1",
      marker: "r-1",
      deny: [],
      env: { HOME: "/no/such/home", PATH: "/bin" },
      ...over,
    },
    platform,
  );
