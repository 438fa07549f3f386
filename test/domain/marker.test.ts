import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMarker, MARKER_KINDS, parseMarker, type Marker } from "../../src/domain/marker.ts";

const markers: fc.Arbitrary<Marker> = fc
  .tuple(
    fc.constantFrom(...MARKER_KINDS),
    fc.oneof(fc.string(), fc.constantFrom("-->", "a--b", "---", "--!>", "<!--", "\n")),
    fc.dictionary(
      fc.constantFrom("head", "round", "open"),
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    ),
  )
  .map(([kind, task, rest]) => ({ ...rest, kind, task }));

describe("a marker", () => {
  it("is the comment of the contract", () => {
    expect(formatMarker({ kind: "pr", task: "A" })).toBe('<!-- dispatch:v1 {"kind":"pr","task":"A"} -->');
  });

  it("parses back from the first line of a body, whatever its values hold", () => {
    fc.assert(
      fc.property(markers, fc.string(), (marker, body) => {
        const text = formatMarker(marker);
        expect(parseMarker(`${text}\n${body}`)).toEqual(marker);
        expect(parseMarker(`${text}\r\n${body}`)).toEqual(marker);
        expect(parseMarker(text)).toEqual(marker);
      }),
    );
  });

  it("is one line, and ends where it says", () => {
    fc.assert(
      fc.property(markers, (marker) => {
        const inner = formatMarker(marker).slice(4, -3);
        expect(inner).not.toContain("--");
        expect(inner).not.toContain("\n");
      }),
    );
  });

  it.each([
    "",
    "text",
    ' <!-- dispatch:v1 {"kind":"pr","task":"A"} -->',
    'text\n<!-- dispatch:v1 {"kind":"pr","task":"A"} -->',
    '<!-- dispatch:v2 {"kind":"pr","task":"A"} -->',
    '<!-- dispatch:v1 {"kind":"pr","task":"A"} --> more',
    "<!-- dispatch:v1 {broken} -->",
    '<!-- dispatch:v1 {"kind":"other","task":"A"} -->',
    '<!-- dispatch:v1 {"kind":"pr"} -->',
    '<!-- dispatch:v1 {"kind":"pr","task":1} -->',
    '<!-- dispatch:v1 {"kind":"pr","task":"A","x":[]} -->',
  ])("is not %j", (body) => {
    expect(parseMarker(body)).toBeNull();
  });
});
