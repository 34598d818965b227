/** A turn that Codex was asked for and that has not ended. */
export interface AskedTurn {
  /** Known when Codex has begun it. */
  readonly id: string | undefined;
  /** Resolves when Codex has begun it, or it is over before that. */
  readonly begun: Promise<void>;
  /** Resolves when it has ended, rejects when Codex went away before that. */
  readonly over: Promise<void>;
  begin(id: string): void;
  end(): void;
  fail(error: Error): void;
}

/** From the request on there is a turn, though Codex names it only a moment later: until then it can't be interrupted. */
export function askForTurn(): AskedTurn {
  let id: string | undefined;
  let tellBegun: () => void = () => {};
  let settle = { end: () => {}, fail: (_: Error) => {} };
  const begun = new Promise<void>((resolve) => {
    tellBegun = resolve;
  });
  const over = new Promise<void>((resolve, reject) => {
    settle = { end: resolve, fail: reject };
  });
  // Whoever waits for it hears of it; it may be that nobody does any more.
  over.then(tellBegun, tellBegun);
  return {
    get id() {
      return id;
    },
    begun,
    over,
    begin(named) {
      id = named;
      tellBegun();
    },
    end: () => settle.end(),
    fail: (error) => settle.fail(error),
  };
}
