import { endedBy } from "./ended-by.ts";
import type { SelfTestLab } from "./open-lab.ts";

/** What several facts are read from is done once in every self-test, when there is room for it, and not for ever. */
export function oncePerLab<Result>(make: (lab: SelfTestLab) => Promise<Result>): (lab: SelfTestLab) => Promise<Result> {
  const made = new WeakMap<SelfTestLab, Promise<Result>>();
  return (lab) => {
    const begun =
      made.get(lab) ?? lab.inTurn(() => Promise.race([make(lab), endedBy(AbortSignal.timeout(lab.talkMs))]));
    made.set(lab, begun);
    return begun;
  };
}
