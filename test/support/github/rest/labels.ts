import { labelShape } from "../shape/basics.ts";
import { labelsShape } from "../shape/issue.ts";
import { findIssue } from "../state/issues.ts";
import {
  addLabels,
  changeLabel,
  createLabel,
  deleteLabel,
  findLabel,
  removeLabel,
  setLabels,
} from "../state/labels.ts";
import type { Issue } from "../state/model.ts";
import { requireTexts, text } from "./body.ts";
import { answer, number, ok, page, param, routes, type Answer, type AskedOf } from "./route.ts";

/** Every change of an issue's labels answers with those that it has then. */
function changed(asked: AskedOf, change: (issue: Issue) => void): Answer {
  const issue = findIssue(asked.repo, number(asked));
  change(issue);
  return ok(labelsShape(asked.world, issue));
}

function attributes({ body }: AskedOf) {
  const color = text(body, "color");
  const description = text(body, "description");
  return { ...(color === undefined ? {} : { color }), ...(description === undefined ? {} : { description }) };
}

export const labelRoutes = routes<AskedOf>({
  "GET /labels": (asked) =>
    page(asked, `/repos/${asked.repo.fullName}/labels`, [...asked.repo.labels.values()], (label) =>
      labelShape(asked.world, asked.repo, label),
    ),
  "POST /labels": (asked) => {
    const { world, repo, by, body } = asked;
    const label = createLabel(world, repo, by, { name: text(body, "name") ?? "", ...attributes(asked) });
    return answer(201, labelShape(world, repo, label));
  },
  "GET /labels/:name": (asked) => ok(labelShape(asked.world, asked.repo, findLabel(asked.repo, param(asked, "name")))),
  "PATCH /labels/:name": (asked) => {
    const label = changeLabel(asked.repo, asked.by, param(asked, "name"), attributes(asked));
    return ok(labelShape(asked.world, asked.repo, label));
  },
  "DELETE /labels/:name": (asked) => {
    deleteLabel(asked.repo, asked.by, param(asked, "name"));
    return answer(204);
  },
  "GET /issues/:number/labels": (asked) => changed(asked, () => undefined),
  "POST /issues/:number/labels": (asked) =>
    changed(asked, (issue) => addLabels(asked.world, asked.by, issue, requireTexts(asked.body, "labels"))),
  "PUT /issues/:number/labels": (asked) =>
    changed(asked, (issue) => setLabels(asked.world, asked.by, issue, requireTexts(asked.body, "labels"))),
  "DELETE /issues/:number/labels": (asked) => {
    setLabels(asked.world, asked.by, findIssue(asked.repo, number(asked)), []);
    return answer(204);
  },
  "DELETE /issues/:number/labels/:name": (asked) =>
    changed(asked, (issue) => removeLabel(asked.world, asked.by, issue, param(asked, "name"))),
});
