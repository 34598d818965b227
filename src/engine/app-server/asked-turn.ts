/** A turn that Codex was asked for and that has not ended. */
export interface AskedTurn {
  /** Known when Codex has begun it. */
  readonly id: string | undefined;
  /** The turn that it is a part of, and by whose id it ends: a review runs in a turn of its own (0.169.0). */
  readonly root: string | undefined;
  /** Resolves when Codex has begun it, or it is over before that. */
  readonly begun: Promise<void>;
  /** Resolves when it has ended, rejects when Codex went away before that. */
  readonly over: Promise<void>;
  begin(id: string, root?: string): void;
  /** Its end will bear this id. */
  endsAs(id: string): void;
  end(): void;
  fail(error: Error): void;
}

/** From the request on there is a turn, though Codex names it only a moment later: until then it can't be interrupted. */
export function askForTurn(): AskedTurn {
  let id: string | undefined;
  let root: string | undefined;
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
    get root() {
      return root;
    },
    begun,
    over,
    begin(named, of) {
      id = named;
      root = of ?? root;
      tellBegun();
    },
    endsAs(named) {
      root = named;
    },
    end: () => settle.end(),
    fail: (error) => settle.fail(error),
  };
}
