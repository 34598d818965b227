const LF = 10;

/**
 * Cuts a byte stream into lines at LF only (readline also cuts at U+2028, which JSON may hold: CODEX.md A). A line
 * over `maxBytes` is dropped and reported, and reading goes on with the next one.
 */
export function createLineReader(
  onLine: (line: string) => void,
  onOversize: (bytes: number) => void,
  maxBytes = 16 * 1024 * 1024,
): { push(chunk: Buffer): void; end(): void } {
  let parts: Buffer[] = [];
  let size = 0;
  const flush = () => {
    if (size > maxBytes) onOversize(size);
    else if (size > 0) onLine(Buffer.concat(parts, size).toString("utf8"));
    parts = [];
    size = 0;
  };
  const take = (part: Buffer) => {
    size += part.length;
    if (size <= maxBytes) parts.push(part);
    else parts = [];
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
        take(chunk.subarray(from, at));
        flush();
        from = at + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
    },
    end: flush,
  };
}
