import { formatReason, type ReasonCode } from "./retry.ts";
import type { Reason } from "./fact.ts";
import type { TaskView } from "./task-view.ts";

/** From and to in minutes of the local day; `to` may be the next day's. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
}

export interface Limits {
  /** Open pull requests at a time. */
  readonly maxOpen: number | null;
  /** Pull requests opened in an hour. */
  readonly perHour: number | null;
  readonly quiet: readonly QuietHours[];
}

/** What presses, at this moment. */
export interface Pressure {
  /** Milliseconds since 1970, and the minute of the day where the user is. */
  readonly now: number;
  readonly minute: number;
  /** Open pull requests, and tasks at work that will open one. */
  readonly open: number;
  /** When pull requests were opened, in milliseconds, and how many are about to be. */
  readonly opened: readonly number[];
  readonly coming: number;
  /** Bytes of the fuller of our disks; null where nobody can tell. */
  readonly disk: { readonly free: number; readonly total: number } | null;
  /** What the money says (`holdAll` of budget.ts). */
  readonly budget: Hold | null;
}

/** Why nothing new is begun, and when that passes by itself: ISO 8601, null when somebody has to do something. */
export interface Hold {
  readonly code: Extract<ReasonCode, "disk" | "budget" | "quiet_hours" | "open_limit">;
  readonly reason: Reason;
  readonly wakeAt: string | null;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const GIGABYTE = 1024 ** 3;

/** Below it nothing new is begun: 2 GB, of a small disk the tenth part. */
export const pauseBelow = (total: number): number => Math.min(2 * GIGABYTE, total / 10);

/** Below it what runs is stopped, too, while its work can still be saved: 500 MB, of a small disk the fortieth part. */
export const stopBelow = (total: number): number => pauseBelow(total) / 4;

/** What holds new tasks back, the most urgent first; null when nothing does. */
export function holdOf(limits: Limits, pressure: Pressure): Hold | null {
  return (
    fullDisk(pressure) ??
    pressure.budget ??
    quiet(limits, pressure) ??
    tooMany(limits, pressure) ??
    tooFast(limits, pressure)
  );
}

function fullDisk({ disk }: Pressure): Hold | null {
  if (disk === null || disk.free >= pauseBelow(disk.total)) return null;
  const megabytes = (bytes: number): number => Math.floor(bytes / 1024 / 1024);
  const sentence = `${megabytes(disk.free)} MB are free, and nothing new is begun below ${megabytes(pauseBelow(disk.total))}: free some, or dispatch clean`;
  return hold("disk", sentence, null);
}

const DAY_MINUTES = 24 * 60;

function quiet({ quiet: hours }: Limits, { now, minute }: Pressure): Hold | null {
  const found = hours.find(({ from, to }) =>
    from < to ? minute >= from && minute < to : minute >= from || minute < to,
  );
  if (found === undefined) return null;
  const left = (found.to - minute + DAY_MINUTES) % DAY_MINUTES;
  return hold("quiet_hours", `quiet hours until ${clockText(found.to)}`, now - (now % MINUTE) + left * MINUTE);
}

function tooMany({ maxOpen }: Limits, { open }: Pressure): Hold | null {
  if (maxOpen === null || open < maxOpen) return null;
  const sentence = `${open} pull requests are open or on their way, and ${maxOpen} may be: merge or close one (dispatch review)`;
  return hold("open_limit", sentence, null);
}

function tooFast({ perHour }: Limits, { now, opened, coming }: Pressure): Hold | null {
  if (perHour === null) return null;
  const recent = opened.filter((at) => at > now - HOUR).toSorted((a, b) => a - b);
  if (recent.length + coming < perHour) return null;
  // So many of the oldest have to be an hour old before there is room for one more.
  const oldest = recent[recent.length + coming - perHour];
  const sentence = `${recent.length + coming} pull requests within an hour, and ${perHour} may be`;
  return hold("open_limit", sentence, oldest === undefined ? now + HOUR : oldest + HOUR);
}

function hold(code: Hold["code"], sentence: string, wakeAt: number | null): Hold {
  return {
    code,
    reason: formatReason(code, sentence),
    wakeAt: wakeAt === null ? null : new Date(wakeAt).toISOString(),
  };
}

const clockText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** Whether the hold is for this task: what has begun goes on while there is room and money, and an open pull request is none more. */
export function holdsBack({ code }: Hold, view: Pick<TaskView, "pr" | "state"> | undefined): boolean {
  if (code === "disk" || code === "budget" || view === undefined) return true;
  return view.state.name === "queued" && (code !== "open_limit" || view.pr === null);
}
