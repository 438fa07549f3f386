/** A ref from where it was expected (null: not there) to a commit. */
export interface RefSwap {
  readonly ref: string;
  readonly to: string;
  readonly from: string | null;
}

/** The same; `to` null removes it. */
export type RefChange = Omit<RefSwap, "to"> & { readonly to: string | null };
