import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { folderOf, mayMean, readImports } from "../../src/domain/imports.ts";

describe("what a file asks for", () => {
  it.each([
    ['import { a } from "./a.ts";', ["./a.ts"]],
    ["import './side-effect'", ["./side-effect"]],
    ['} from "../lib/b";', ["../lib/b"]],
    ['export * from "./c";', ["./c"]],
    ['const d = require("./d"), e = await import(`./e.js`);', ["./d", "./e.js"]],
    ["from .cart import total", ["from", ".cart", "import", "total"]],
    ["import shop.cart as cart", ["import", "shop.cart", "as", "cart"]],
    ['#include "cart.h"', ["cart.h"]],
    ["#include <shop/cart.hpp>", ["shop/cart.hpp"]],
    [
      'import (\n\t"example.org/shop/cart"\n\tc "example.org/shop/coin"\n)',
      ["import", "example.org/shop/cart", "example.org/shop/coin"],
    ],
    ["use crate::cart::Total;", ["use", "crate::cart::Total"]],
    ["mod cart;", ["mod", "cart"]],
    ["require_relative 'cart'", ["cart"]],
    ["import com.shop.Cart;", ["import", "com.shop.Cart"]],
    ["using Shop.Cart;", ["using", "Shop.Cart"]],
    ["@import 'cart.css';", ["cart.css"]],
    ['"extends": "./tsconfig.base.json",', ["extends", "./tsconfig.base.json"]],
    ["const total = price * count;", []],
    ["// important: reuse", []],
  ])("%s", (text, names) => {
    expect(readImports(text)).toEqual(names);
  });

  it("is not looked for behind the first letters of an endless line", () => {
    expect(readImports(`import "./a"; ${"x".repeat(2000)}; import "./b"`)).toEqual(["./a"]);
    expect(readImports("x ".repeat(2000))).toEqual([]);
  });

  it("is each named once, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 500 }), (text) => {
        const names = readImports(text);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe("what a name may mean", () => {
  it.each([
    ["./a.ts", "src/b.ts", "src/a.ts"],
    ["./a.js", "src/b.ts", "src/a.ts"],
    ["./a", "src/b.ts", "src/a.tsx"],
    ["./a", "b.ts", "a.ts"],
    ["./a", "src/b.ts", "src/a/index.ts"],
    ["../lib", "src/shop/b.py", "src/lib/__init__.py"],
    [".", "src/b.ts", "src/index.ts"],
    ["./a.test", "src/b.ts", "src/a.test.ts"],
    ["./a", "src/b.ts", "src/a.d.ts"],
    ["shop.cart", "main.py", "shop/cart.py"],
    [".cart", "shop/main.py", "shop/cart.py"],
    ["com.shop.Cart", "src/com/shop/Main.java", "src/com/shop/Cart.java"],
    ["crate::cart::Total", "src/main.rs", "src/cart.rs"],
    ["example.org/shop/cart", "main.go", "cart/add.go"],
    ["@/parts/Button", "src/app.vue", "src/parts/Button.vue"],
    ["cart.h", "src/main.c", "include/cart.h"],
    ["cart.js", "src/main.html", "public/cart.ts"],
    ["Shop\\Cart", "src/index.php", "src/Cart.php"],
    ["#cart", "src/a.ts", "src/cart.ts"],
  ])("%s in %s: %s", (name, from, path) => {
    expect(mayMean(name, from, path)).toBe(true);
  });

  it.each([
    ["./a", "src/b.ts", "lib/a.ts"],
    ["../a", "src/b.ts", "src/a.ts"],
    ["react", "src/b.ts", "src/a.ts"],
    ["shop.cart", "main.py", "shop/coin.py"],
    ["@", "src/b.ts", "src/a.ts"],
  ])("not %s in %s: %s", (name, from, path) => {
    expect(mayMean(name, from, path)).toBe(false);
  });

  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/);
  const folders = fc.array(word, { maxLength: 4 });
  const end = fc.constantFrom("", ".ts", ".js");

  it("is every file by its relative path, with its end or without", () => {
    fc.assert(
      fc.property(folders, word, folders, word, end, (above, own, other, name, written) => {
        const from = [...above, `${own}.ts`].join("/");
        const path = [...other, `${name}.ts`].join("/");
        const up = above.map(() => "..").join("/");
        const relative = [up === "" ? "." : up, ...other, `${name}${written}`].join("/");
        expect(mayMean(relative, from, path)).toBe(true);
      }),
    );
  });

  it("is every module by the words of its path", () => {
    fc.assert(
      fc.property(folders, word, fc.constantFrom(".", "::", "/"), (above, name, between) => {
        expect(mayMean([...above, name].join(between), "main.py", [...above, `${name}.py`].join("/"))).toBe(true);
      }),
    );
  });
});

it("the folder of a file at the top has no name", () => {
  expect([folderOf("a.ts"), folderOf("src/a.ts")]).toEqual(["", "src"]);
});
