/** A text that is about to leave, and where its reader would find it. */
export interface SearchedText {
  /** A path, or what it is: `commit message`. */
  readonly place: string;
  readonly text: string;
  /** Of a file: the number that each line of the text has there. */
  readonly lines?: readonly number[];
}

/** Where a secret stands; never its value. */
export interface Leak {
  readonly place: string;
  /** null where lines mean nothing. */
  readonly line: number | null;
  /** What it is: `GITHUB_TOKEN`, or `the value of DEPLOY_TOKEN`. */
  readonly rule: string;
}

/** Bytes on their way to a log. What could be the beginning of a secret waits for the next chunk. */
export interface MaskStream {
  push(chunk: Buffer): Buffer;
  /** What still waits. */
  end(): Buffer;
}

/** What must not leave: values that are secret on this machine, and whatever has the form of a secret. */
export interface Secrets {
  /** The text with `***` for every known value: as it is, or in base64, hex, URL or JSON encoding. */
  mask(text: string): string;
  maskStream(): MaskStream;
  /** Name of a known secret whose value is in the text; null when there is none. */
  nameIn(text: string): string | null;
  find(texts: readonly SearchedText[]): Promise<readonly Leak[]>;
}
