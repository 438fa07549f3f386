#!/bin/sh
# The user's repository with all that an attack may want to reach. Run as the user of the world: make-world.sh SITE
set -eu
cd "$1"
mkdir -p home/.ssh private/folder out
echo "canary-of-the-home" > home/.ssh/id_test
echo "# start" > home/.profile
echo untouched > private/victim
echo '{"summary":"read-through-a-link"}' > private/result.json
git init -q --bare -b main origin.git
git init -q --bare -b main evil.git
cd checkout
git init -q -b main
git config user.name user
git config user.email user@localhost
mkdir -p src .git/hooks .git/info
touch .git/info/exclude
echo hello > src/a.txt
echo "# shop" > README.md
git add README.md && git commit -qm before
git add -A && git commit -qm start
git remote add origin "$1/origin.git"
git push -q origin main
git fetch -q
git remote set-head origin main
git switch -qc sibling && echo mine > mine.txt && git add -A && git commit -qm "not pushed" && git switch -q main
git worktree add -q -b topic ../topic
echo "not committed" > ../topic/draft.txt
echo "not tracked" > notes.txt
