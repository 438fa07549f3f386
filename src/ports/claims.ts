/** A task is worked by one clone at a time (docs/contract.md §6): a word on origin, with an end, that is renewed. */
export interface Claims {
  /**
   * Takes the task for this clone, or tells who has it. What a dead run of this clone left is its own; somebody
   * else's is taken over when it ran out. Without an origin nobody else can ask, and everything is held.
   */
  acquire(task: string): Promise<Claimed>;
  /** Who else has it now; nothing is taken. */
  look(task: string): Promise<Extract<Claimed, { kind: "elsewhere" }> | null>;
  /** Waits until everything that was given back is free on origin. */
  flush(): Promise<void>;
}

export type Claimed =
  /** Renewed until it is given back. While it is held nothing of the task is pushed by anybody else, nor by us after. */
  | ({ readonly kind: "held" } & AsyncDisposable)
  | { readonly kind: "elsewhere"; readonly by: string; /** ISO 8601 */ readonly until: string };
