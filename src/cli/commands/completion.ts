import { Argument } from "@commander-js/extra-typings";
import type { DefineCommand } from "../command.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

export const completion: DefineCommand = (command, context) => {
  command
    .addArgument(new Argument("<shell>", "the shell that will read it").choices(SHELLS))
    .addHelpText(
      "after",
      '\nFor this session:\n  bash  eval "$(dispatch completion bash)"\n  zsh   source <(dispatch completion zsh)\n  fish  dispatch completion fish | source',
    )
    .action(async (shell) => {
      // The library prints by itself, on stdout.
      const { script } = await import("@bomb.sh/tab");
      script(shell, "dispatch", "dispatch");
      context.say("# to keep it, add the line of dispatch completion --help to your shell's start file");
    });
};
