/** The system that we run on. Whatever differs by it takes it as its last argument, so that a test can be on another one. */
export const PLATFORM: NodeJS.Platform = process.platform;

/** And its processor, by which Codex's own packages are named. */
export const ARCH: NodeJS.Architecture = process.arch;
