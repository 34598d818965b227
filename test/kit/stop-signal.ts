/** Aborts at Ctrl-C or TERM, so that a program ends what it started, and takes its worlds away, as after any other end. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => controller.abort(new Error(`stopped by ${name}`)));
  return controller.signal;
}
