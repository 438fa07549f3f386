import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fencedSite, type FencedSite, readLog } from "../../support/fenced-site.ts";
import { whyNoFence } from "../../support/fence.ts";

const CONNECT = (where: string): string =>
  `node -e "require('net').connect(${where}).on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"`;

/**
 * Danger → a script. It got through when its mark is found outside of its own worktree; without a mark, when it ends
 * well. What destroys most stands last.
 */
const ATTACKS: Readonly<Record<string, string>> = {
  "D1 plants a hook": 'mkdir -p "$G/hooks" && echo "$MARK" > "$G/hooks/pre-commit"',
  "D2 sets core.hooksPath": 'git config -f "$G/config" core.hooksPath "/$MARK"',
  "D3 sets core.fsmonitor": 'git config -f "$G/config" core.fsmonitor "/$MARK"',
  "D4 defines a filter": 'git config -f "$G/config" filter.x.clean "/$MARK"',
  "D5 sets diff.external": 'git config -f "$G/config" diff.external "/$MARK"',
  "D6 includes a file": 'git config -f "$G/config" include.path "/$MARK"',
  "D7 sends pushes elsewhere": 'git config -f "$G/config" "url./$MARK.insteadOf" /y',
  "D10 writes config.worktree": 'mkdir -p "$ADMIN" && echo "# $MARK" > "$ADMIN/config.worktree"',
  "D12 moves the user's branch": 'git --git-dir="$G" update-ref refs/heads/main "$(git rev-parse HEAD)"',
  "D13 deletes a branch": 'git --git-dir="$G" branch -D sibling',
  "D15 writes a sibling": 'mkdir -p "$SIBLING" && echo "$MARK" >> "$SIBLING/README.md"',
  "D15 reads a sibling": 'grep -q "# shop" "$SIBLING/README.md"',
  "D16 writes the user's checkout": 'mkdir -p "$CHECKOUT" && echo "$MARK" >> "$CHECKOUT/README.md"',
  "D16 reads the user's checkout": 'grep -q "# shop" "$CHECKOUT/README.md"',
  "D17 reads keys": 'grep "$CANARY" "$REALHOME/.ssh/id_test"',
  "D17 reads tokens in the user's configuration": 'grep "$CANARY" "$G/config"',
  "D17 writes a start-up file": 'mkdir -p "$REALHOME" && echo "$MARK" >> "$REALHOME/.profile"',
  "D18 reads the environment of others": 'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep -q "^TOKEN=$CANARY"',
  "D19 sees the commands of others": 'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -q "[s]leep $AGES"',
  "D21 pushes to main": 'git push -f "$ORIGIN" HEAD:refs/heads/main',
  "D36 hides files": 'mkdir -p "$G/info" && echo "$MARK" >> "$G/info/exclude"',
  "D37 reads the host's temporary files": 'grep "$CANARY" "$HOSTTMP/note"',
  "D37 writes among them": 'mkdir -p "$HOSTTMP" && echo "$MARK" >> "$HOSTTMP/note"',
  "D38 reaches a service of this machine": CONNECT("$PORT,'127.0.0.1'"),
  "D40 reaches an abstract socket": CONNECT("String.fromCharCode(0)+'$ABSTRACT'"),
  "reads the passwords of the machine": "cat /etc/shadow",
  "throws a switch of the kernel": "cat /proc/sys/kernel/core_pattern > was && cat was > /proc/sys/kernel/core_pattern",
  "D20 ends the dispatcher": 'kill -9 "$VICTIM"',
  "D8 replaces .git by a folder": "mv .git was && mkdir .git && rmdir .git && mv was .git",
  "D11 points .git elsewhere": 'cp .git was && echo "gitdir: $PWD/evil" > .git && cp was .git',
  "D9 rewrites commondir": 'mkdir -p "$ADMIN" && echo "$MARK" >> "$ADMIN/commondir"',
  "D14 destroys objects": 'ls "$G"/objects/?? && rm -rf "$G"/objects/??',
};
const NAMES = Object.keys(ATTACKS);
const ROOTS_ALONE = ["reads the passwords of the machine", "throws a switch of the kernel"];

/** Each in a shell of its own; its exit code is on a line of its own. */
const ALL = Object.values(ATTACKS)
  .map((script, number) => `MARK="<mark ${number}>"; ( ${script} ) >/dev/null 2>&1; echo "attack ${number}: $?"`)
  .join("\n");

async function gotThrough(site: FencedSite): Promise<readonly string[]> {
  const outside = [site.repo.temp, site.targets["REALHOME"] ?? "", site.targets["HOSTTMP"] ?? ""];
  const found = spawnSync("grep", ["-rhoE", "<mark [0-9]+>", ...outside]).stdout.toString();
  const log = await readLog(site);
  return Object.entries(ATTACKS).flatMap(([name, script], number) => {
    const isThrough = script.includes("$MARK")
      ? found.split("\n").includes(`<mark ${number}>`)
      : log.includes(`attack ${number}: 0\n`);
    return isThrough ? [name] : [];
  });
}

test("without a fence every one of these attacks works, so that they prove something", async () => {
  const site = await fencedSite("off");
  expect((await site.run(ALL)).end).toEqual({ kind: "ok" });
  const isRoot = process.getuid?.() === 0;
  expect(await gotThrough(site)).toEqual(NAMES.filter((name) => isRoot || !ROOTS_ALONE.includes(name)));
  expect(site.victim.signalCode ?? (await once(site.victim, "exit"))[1]).toBe("SIGKILL");
});

test.skipIf(whyNoFence !== null)(
  "inside the fence none of them does, and everything outside is as it was",
  async () => {
    const site = await fencedSite("required");
    const { repo } = site;
    const [print, refs] = [await repo.print(), await repo.refs()];
    expect((await site.run(`${ALL}\necho done > work.txt`)).end).toEqual({ kind: "ok" });
    expect((await readLog(site)).match(/^attack \d+: /gm)).toHaveLength(NAMES.length);
    expect(await gotThrough(site)).toEqual([]);
    expect(existsSync(join(site.worktree.path, "work.txt"))).toBe(true);
    expect(site.victim.signalCode).toBe(null);
    expect(await repo.print()).toEqual(print);
    expect(await repo.refs()).toEqual(refs);
    expect(await site.worktree.isIntact()).toBe(true);
    expect(await repo.git("fsck", "--strict")).toBe("");
  },
);

test.skipIf(whyNoFence !== null)("what is planted in one start is not met by the next", async () => {
  const site = await fencedSite("required");
  const plant =
    'echo "$MARK" > "$HOME/.profile"; mv "$HOME" "$HOME.away"; git config core.hooksPath /x; echo x > /tmp/left';
  expect((await site.run(`MARK=left; ${plant}; true`)).end).toEqual({ kind: "ok" });
  const look = 'test -d "$HOME" && test ! -e /tmp/left && test ! -e "$HOME.away"';
  expect((await site.run(look)).end).toEqual({ kind: "ok" });
});

test.skipIf(whyNoFence !== null)(
  "what is mounted stays so, also for who makes a world of their own inside",
  async () => {
    const site = await fencedSite("required");
    const tries = [
      'umount "$PWD/.git"',
      "mount -o remount,bind,rw /usr",
      "mount -o remount,rw /",
      'mount -o remount,bind,rw "$G/objects"',
    ];
    const script = tries
      .map((one) => `unshare -rm ${one} 2>/dev/null && echo "through: ${one.replaceAll('"', "")}"`)
      .join("\n");
    expect((await site.run(`${script}\necho asked`)).end).toEqual({ kind: "ok" });
    expect(await readLog(site)).toBe("asked\n");
  },
);

test.skipIf(whyNoFence !== null)(
  "a judge that is known by name cannot change what it judges, a coder can",
  async () => {
    const script = `for file in README.md new.txt .git; do (echo x >> "$file") 2> /dev/null && echo "changed $file"; done
echo x > "$CLAUDE_CONFIG_DIR/own" && echo kept; git status --short | head -1`;
    const site = await fencedSite("required");
    for (const role of ["reviewer", "coder"] as const)
      await site.run(script, { engine: "claude", role, baseUrl: "http://127.0.0.1:1" });
    const written = (await readLog(site)).split("\n").filter((line) => /^(?:changed|kept)/.test(line));
    expect(written).toEqual(["kept", "changed README.md", "changed new.txt", "kept"]);
  },
);
