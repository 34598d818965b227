import * as z from "zod";

export const ROLES = ["scout", "writer", "reviewer", "verifier", "debugger", "synthesizer"] as const;
export type RoleName = (typeof ROLES)[number];

/** An entry file as the caller named it: a path and, if given, 1-based inclusive lines. */
export const EntryFile = z.strictObject({
  path: z.string().min(1),
  from: z.int().min(1).optional(),
  to: z.int().min(1).optional(),
});
export type EntryFile = z.infer<typeof EntryFile>;

/** What one unit of work is. Flags fill it now; packet files and plans will fill the same shape. */
export const Packet = z.strictObject({
  version: z.literal(1),
  goal: z.string().min(1),
  role: z.enum(ROLES),
  files: z.array(EntryFile),
});
export type Packet = z.infer<typeof Packet>;
