#!/usr/bin/env node
import { launch } from "./launch.mjs";

await launch("ask_codex");
