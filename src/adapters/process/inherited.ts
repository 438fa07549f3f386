import { readdirSync, readFileSync } from "node:fs";

const OWN = "/proc/self/fdinfo";
const CLOSE_ON_EXEC = 0o2000000;
const FIRST = 3;

/**
 * Descriptors beyond the first three that a program started now would be given: those that whoever started us had
 * open. Node closes them only up to the first number from 16 on that is free. Linux only: elsewhere the kernel closes.
 */
export function readInherited(): readonly number[] {
  const numbers = list(OWN).map(Number);
  return numbers.filter((fd) => fd >= FIRST && isInherited(fd)).toSorted((a, b) => a - b);
}

function isInherited(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(read(`${OWN}/${fd}`) ?? "")?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** null for one that is closed by now, such as that of the listing itself. */
function read(file: string): string | null {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return null;
  }
}
