/** Commits in a file, to be carried to another clone. */
export interface Bundles {
  /** These with all that they stand on, as far as `base` has not: whoever takes it in has that. */
  write(file: string, commits: readonly string[], base: string): Promise<void>;
  /** Its commits are in our object store then, and on no branch. Code `bundle_invalid`. */
  read(file: string): Promise<void>;
}
