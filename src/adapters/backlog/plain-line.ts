/** Control characters, line separators, and the marks that turn the reading direction around. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** A title as one line that shows what it is: it goes into commit messages, branch names and terminals. */
export function plainLine(text: string): string {
  return text.replace(UNSEEN, " ").replace(/\s+/g, " ").trim();
}
