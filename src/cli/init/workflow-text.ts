/** Where `init --github` puts it. */
export const WORKFLOW_FILE = ".github/workflows/dispatch.yml";

/** Until somebody says where the Action is. */
export const SOME_ACTION = "OWNER/REPO@v1";

/**
 * Two jobs: agents get a token that may only read, and hand over commits and wishes; the publisher, whose token may
 * write, starts nobody (docs/decisions/two-halves.md). `action`: `OWNER/REPO@REF`.
 */
export const workflowText = (
  action: string,
): string => `# dispatch: agents work on issues with the label dispatch:ready; people review and merge.
# Written by \`dispatch init --github\`; yours from now on. Pin the actions by commit if your rules ask for it.
name: dispatch

on:
  workflow_dispatch:
    inputs:
      command:
        description: What to do
        type: choice
        options: [run, review, address]
        default: run
      pull-request:
        description: Its number, for review and address
        type: string
        required: false
  schedule:
    - cron: "17 * * * *"
  pull_request:
    types: [opened, synchronize, ready_for_review, reopened, closed]
  pull_request_review:
    types: [submitted]
  issue_comment:
    types: [created]
  issues:
    types: [labeled]

permissions: {}

# One after the other for each pull request or issue; none is dropped, so nobody's words are lost.
concurrency:
  group: dispatch-\${{ github.event.action == 'closed' && 'backlog' || inputs.pull-request || github.event.pull_request.number || github.event.issue.number || 'backlog' }}
  cancel-in-progress: false
  queue: max

jobs:
  agents:
    # The cheap questions; who may give orders is asked of GitHub when they are read.
    if: >-
      github.event_name == 'workflow_dispatch' || github.event_name == 'schedule' ||
      (github.event.sender.type == 'User' && (
        (github.event_name == 'issues' && startsWith(github.event.label.name, 'dispatch:')) ||
        (github.event_name == 'issue_comment' && github.event.issue.pull_request &&
          startsWith(github.event.comment.body, '/dispatch')) ||
        (startsWith(github.event_name, 'pull_request') &&
          github.event.pull_request.head.repo.full_name == github.repository)))
    runs-on: ubuntu-latest
    timeout-minutes: 180
    permissions:
      checks: read
      contents: read
      issues: read
      pull-requests: read
      statuses: read
    outputs:
      run-id: \${{ steps.dispatch.outputs.run-id }}
    steps:
      - uses: actions/checkout@v5
        with:
          ref: \${{ github.event.repository.default_branch }}
          fetch-depth: 0
          persist-credentials: false
      - name: The fence
        run: |
          sudo apt-get update -qq
          sudo apt-get install -y -qq --no-install-recommends bubblewrap
          sudo sysctl -q -w kernel.apparmor_restrict_unprivileged_userns=0
      # Install here what your agents need, for example: npm install --global @anthropic-ai/claude-code
      - id: dispatch
        uses: ${action}
        with:
          command: \${{ inputs.command || ((github.event_name == 'issue_comment' || github.event_name == 'pull_request_review') && 'address') || '' }}
          pull-request: \${{ inputs.pull-request }}
          outbox: \${{ runner.temp }}/outbox
        env:
          DISPATCH_SANDBOX: required
          ANTHROPIC_API_KEY: \${{ secrets.ANTHROPIC_API_KEY }}
      - if: \${{ !cancelled() && steps.dispatch.outputs.run-id != '' }}
        uses: actions/upload-artifact@v4
        with:
          name: outbox
          path: \${{ runner.temp }}/outbox
          if-no-files-found: ignore
          retention-days: 7

  publisher:
    needs: agents
    # What some tasks came to is published, whatever became of the others.
    if: \${{ !cancelled() && needs.agents.outputs.run-id != '' }}
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      actions: write
      checks: write
      contents: write
      issues: write
      pull-requests: write
    steps:
      - uses: actions/checkout@v5
        with:
          ref: \${{ github.event.repository.default_branch }}
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/download-artifact@v4
        with:
          name: outbox
          path: \${{ runner.temp }}/outbox
      - uses: ${action}
        with:
          command: apply
          outbox: \${{ runner.temp }}/outbox
          # The token of an App lets the checks of the pull requests start by themselves. Use one in both jobs, or name
          # both accounts in dispatch.jsonc; see dispatch help github-action.
          github-token: \${{ github.token }}
`;
