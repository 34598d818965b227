import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { markersOf, powerPlace } from "../../../src/run/power-place.ts";
import { checksMarker, commandsMarker } from "../../../src/sys/environment.ts";
import { runDir, sessionDir } from "../../../src/sys/paths.ts";
import { BROKER_ID, RUN_ID, sampleRequest } from "../core/samples.ts";

const HOME = join("/", "state");
const placeOf = (live: boolean, runId = RUN_ID) => {
  const request = sampleRequest({ live, runId });
  return {
    request,
    dir: runDir(HOME, request.workspace, runId),
    place: powerPlace(runDir(HOME, request.workspace, runId), request),
  };
};

describe("the place of a power", () => {
  it("is the run's where its broker ends with it", () => {
    const { place, dir } = placeOf(false);
    expect(place).toEqual({ id: RUN_ID, dir, marker: RUN_ID, commandsMarker: RUN_ID });
  });

  it("is the session's where the broker stays, for each of its runs", () => {
    const { place, request } = placeOf(true);
    expect(place).toEqual({
      id: BROKER_ID,
      dir: sessionDir(HOME, request.workspace, BROKER_ID),
      marker: BROKER_ID,
      commandsMarker: commandsMarker(BROKER_ID),
    });
    expect(placeOf(true, "r-20261121-051104-next").place).toEqual(place);
  });

  it("tells the commands of a session from its Codex, which outlives them", () => {
    const { marker, commandsMarker: ofCommands } = placeOf(true).place;
    expect(ofCommands).not.toBe(marker);
  });
});

describe("the marks of a run", () => {
  it("are its own and that of its checks, each once", () => {
    expect(markersOf(placeOf(false).place, RUN_ID)).toEqual([RUN_ID, checksMarker(RUN_ID)]);
  });

  it("are those of its session, too, and of no other run's checks", () => {
    const marks = markersOf(placeOf(true).place, RUN_ID);
    expect(marks).toEqual([BROKER_ID, commandsMarker(BROKER_ID), checksMarker(RUN_ID)]);
    expect(marks).not.toContain(RUN_ID);
  });
});
