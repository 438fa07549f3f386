/** What was probably meant: the closest candidate, at most a third of the letters away; two in a short word, one in a tiny one. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(word.length < 4 ? 1 : 2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const sameCase = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const distance = sameCase + (word === candidate ? 0 : 0.5);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const letter of from.split("")) {
    const next = [at(row, 0) + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const swap = at(row, column - 1) + Number(letter !== to.charAt(column - 1));
      next.push(Math.min(swap, at(row, column) + 1, at(next, column - 1) + 1));
    }
    row = next;
  }
  return at(row, to.length);
}

const at = (row: readonly number[], column: number): number => row[column] as number;
