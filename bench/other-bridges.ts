/** What another bridge puts into Claude's context; in characters, counted in its own files. */
export interface OtherBridge {
  /** The repository on GitHub. */
  repo: string;
  /** The files, each as it was at a commit. */
  files: readonly { path: string; commit: string }[];
  /** Name and description of what is listed in every conversation. */
  listing: number;
  /** What is loaded for one delegation, without front matter; of a sub-agent's, too. */
  body: number;
}

/** When the files were looked at: they may have changed since. */
export const LOOKED_AT = "2026-11-21";

/** Of other bridges only numbers are here; a stored copy of each file was counted, which need not be the newest. */
export const OTHER_BRIDGES: readonly OtherBridge[] = [
  {
    repo: "openai/codex-plugin-cc (/codex:rescue)",
    files: [
      { path: "plugins/codex/commands/rescue.md", commit: "06563133345e78c4c4d969dcf707b3a8f27b2b8d" },
      { path: "plugins/codex/agents/codex-rescue.md", commit: "08c21556fba5d4e22cf08729117c3e92659d42da" },
      { path: "plugins/codex/skills/codex-cli-runtime/SKILL.md", commit: "08c21556fba5d4e22cf08729117c3e92659d42da" },
    ],
    listing: 114 + 227 + 104,
    body: 3349 + 2967 + 2948,
  },
  {
    repo: "skills-directory/skill-codex",
    files: [{ path: "plugins/skill-codex/skills/codex/SKILL.md", commit: "08480b56472c635ffbd4e708aabebbe5a9234c62" }],
    listing: 151,
    body: 4789,
  },
  {
    repo: "amElnagdy/delegate-skills (codex-delegate)",
    files: [{ path: "skills/codex-delegate/SKILL.md", commit: "0b8a8932576754bc396af766236be6de77deb8a1" }],
    listing: 660,
    body: 9766,
  },
  {
    repo: "Kevin7Qi/codex-collab",
    files: [{ path: "SKILL.md", commit: "08a0a6d2d52e1d94306d3dce83f8f284a53c5d1b" }],
    listing: 253,
    body: 10438,
  },
  {
    repo: "fredchu/claude-codex-dispatch",
    files: [{ path: "SKILL.md", commit: "4a6c336c02986b28f163d7c25d26c79b0e49bb78" }],
    listing: 337,
    body: 2675,
  },
  {
    repo: "stellarlinkco/myclaude (codeagent)",
    files: [{ path: "skills/codeagent/SKILL.md", commit: "327f48af53f37da3a3870cc8e1da17c2461c18d0" }],
    listing: 248,
    body: 12343,
  },
];
