import { DispatchError } from "../../domain/errors.ts";

export function workCancelled(id: string): DispatchError {
  return new DispatchError({
    code: "work_cancelled",
    message: `The work ${id} was cancelled.`,
    hint: "Start it again as a new episode: dispatch retry",
    facts: { id },
  });
}

/** Another process took this work over; it records the outcome now. */
export function workLost(id: string): DispatchError {
  return new DispatchError({
    code: "work_lost",
    message: `The work ${id} was taken over by another process, so this one let it go.`,
    hint: "Look at who works on it: dispatch status",
    facts: { id },
  });
}

export function unknownStory(story: string, known: Iterable<string>): DispatchError {
  return new DispatchError({
    code: "story_unknown",
    message: `There is no story with the name ${story}.`,
    hint: `Use one of: ${[...known].join(", ")}`,
    facts: { story },
  });
}

export function versionChanged(id: string, was: string, now: string): DispatchError {
  return new DispatchError({
    code: "story_version_changed",
    message: `The work ${id} began with version ${was} of the story and cannot go on with version ${now}.`,
    hint: "Cancel it and begin a new episode: dispatch run does that by itself.",
    facts: { id, was, now },
  });
}

export function stillRunning(ids: readonly string[], withinMs: number): DispatchError {
  return new DispatchError({
    code: "engine_stop_timeout",
    message: `After ${withinMs} ms these still ran, although they were told to stop: ${ids.join(", ")}.`,
    hint: "Nothing about them was recorded, they begin again at the next start: dispatch run",
    facts: { ids, withinMs },
  });
}
