import { requirePermission } from "./accounts.ts";
import type { Actor, Issue, Label, Repo, World } from "./model.ts";
import { invalid, notFound } from "./refusal.ts";
import { tellLabel } from "./tell.ts";

/** Labels are the same however they are cased. */
export function findLabel(repo: Repo, name: string): Label {
  const label = repo.labels.get(name.toLowerCase());
  if (label === undefined) throw notFound();
  return label;
}

export function createLabel(world: World, repo: Repo, by: Actor, label: Partial<Omit<Label, "id">>): Label {
  requirePermission(repo, by.account, "write");
  const { name, color = "ededed", description = null } = label;
  if (name === undefined || name === "" || name.length > 50) throw invalid("Label", "name");
  if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid("Label", "color");
  if (description !== null && description.length > 100) throw invalid("Label", "description");
  if (repo.labels.has(name.toLowerCase())) throw invalid("Label", "name", "already_exists");
  return keep(repo, { id: world.nextId(), name, color, description });
}

export function changeLabel(repo: Repo, by: Actor, name: string, change: Partial<Omit<Label, "id" | "name">>): Label {
  requirePermission(repo, by.account, "write");
  return keep(repo, { ...findLabel(repo, name), ...change });
}

export function deleteLabel(repo: Repo, by: Actor, name: string): void {
  requirePermission(repo, by.account, "write");
  const label = findLabel(repo, name);
  repo.labels.delete(name.toLowerCase());
  for (const issue of repo.issues) issue.labels = issue.labels.filter((one) => one !== label.name);
}

function keep(repo: Repo, label: Label): Label {
  repo.labels.set(label.name.toLowerCase(), label);
  return label;
}

/** One that an issue is given is made where there is none. */
function ensureLabel(world: World, repo: Repo, name: string): string {
  if (name === "" || name.length > 50) throw invalid("Label", "name");
  const known = repo.labels.get(name.toLowerCase());
  return (known ?? keep(repo, { id: world.nextId(), name, color: "ededed", description: null })).name;
}

export function addLabels(world: World, by: Actor, issue: Issue, names: readonly string[]): void {
  requirePermission(issue.repo, by.account, "triage");
  for (const given of names) {
    const name = ensureLabel(world, issue.repo, given);
    if (issue.labels.includes(name)) continue;
    issue.labels.push(name);
    issue.updatedAt = world.stamp();
    tellLabel(world, by.account, "labeled", issue, name);
  }
}

export function removeLabel(world: World, by: Actor, issue: Issue, given: string): void {
  requirePermission(issue.repo, by.account, "triage");
  const name = issue.labels.find((one) => one.toLowerCase() === given.toLowerCase());
  if (name === undefined) throw notFound();
  issue.labels = issue.labels.filter((one) => one !== name);
  issue.updatedAt = world.stamp();
  tellLabel(world, by.account, "unlabeled", issue, name);
}

export function setLabels(world: World, by: Actor, issue: Issue, names: readonly string[]): void {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  for (const name of issue.labels.filter((one) => !wanted.has(one.toLowerCase()))) removeLabel(world, by, issue, name);
  addLabels(world, by, issue, names);
}
