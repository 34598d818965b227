// What codex_doctor asks of the installer, so that both say the same of an installation.
export { dropLock, LOCK, takeLock } from "./lock.mjs";
export { changeTarget } from "./place.mjs";
export { targetOf } from "./places.mjs";
export { MANIFEST, readTarget } from "./target.mjs";
export { hashOf } from "./tree.mjs";

/** What a fresh bundle was made from. In a bundle nobody may ask: it is fresh, or the launcher would not have run it. */
export const stampSources = async () => (await import("../sources.mjs")).stampSources();
