import { styleText } from "node:util";

type Painter = (text: string) => string;

/** Colours by meaning; the identity where colour is not wanted. */
export interface Paint {
  readonly bold: Painter;
  readonly dim: Painter;
  readonly good: Painter;
  readonly bad: Painter;
  readonly busy: Painter;
  readonly link: Painter;
}

const FORMATS = { bold: "bold", dim: "dim", good: "green", bad: "red", busy: "yellow", link: "cyan" } as const;

export function paint(color: boolean): Paint {
  const painter = (format: (typeof FORMATS)[keyof Paint]): Painter =>
    color ? (text) => styleText(format, text, { validateStream: false }) : (text) => text;
  return {
    bold: painter(FORMATS.bold),
    dim: painter(FORMATS.dim),
    good: painter(FORMATS.good),
    bad: painter(FORMATS.bad),
    busy: painter(FORMATS.busy),
    link: painter(FORMATS.link),
  };
}
