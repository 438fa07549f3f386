import { verifyJournal } from "../../dispatch/verify-journal.ts";
import { EXIT } from "../../domain/errors.ts";
import type { DefineCommand } from "../command.ts";

export const journal: DefineCommand = (command, context) => {
  command
    .command("verify")
    .description("follow the links of the journal, and compare them with refs/dispatch/audit")
    .action(async () => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const found = await verifyJournal(desk.ports);
      if (found.wrong.length > 0) context.exitWith(EXIT.failure);
      if (context.json) return context.answerJson({ v: 1, ...found });
      for (const line of found.wrong) context.answer(line);
      const { mark, marks } = found;
      const head = mark === null ? "no fact yet" : `${mark.facts} facts, head ${mark.hash.slice(0, 12)}`;
      if (found.wrong.length === 0) context.answer(`every link holds: ${head}, ${marks} marks in refs/dispatch/audit`);
    });
};
