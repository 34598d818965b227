import { expect, test } from "vitest";
import { createTurns } from "../../../../src/doctor/self-test/create-turns.ts";

test("no more than so many go on at once, and one that fails makes room", async () => {
  const inTurn = createTurns(2);
  const log: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) =>
    inTurn(
      () =>
        new Promise<string>((resolve, reject) => {
          log.push(name);
          ends.set(name, (error) => (error ? reject(error) : resolve(name)));
        }),
    );
  const [a, b, c, d] = [work("a"), work("b"), work("c"), work("d")];
  expect(log).toEqual(["a", "b"]);
  ends.get("b")?.(new Error("it broke"));
  await expect(b).rejects.toThrow("it broke");
  await Promise.resolve();
  expect(log).toEqual(["a", "b", "c"]);
  ends.get("a")?.();
  await a;
  await Promise.resolve();
  expect(log).toEqual(["a", "b", "c", "d"]);
  for (const name of ["c", "d"]) ends.get(name)?.();
  expect(await Promise.all([c, d])).toEqual(["c", "d"]);
});
