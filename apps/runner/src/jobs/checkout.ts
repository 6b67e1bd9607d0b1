import type { Assignment } from './pipelines.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/**
 * Gets exactly the revision and nothing of its past. A server that gives no single commit is asked for the branch. Runs
 * as a step, inside the walls: what a repository holds is as foreign as what its scripts do.
 */
export function checkoutScript({ cloneUrl, revision, ref }: Assignment): string {
  return `exec 2>&1
git init -q .
git remote add origin ${quoted(cloneUrl)}
git fetch -q --depth 1 --no-tags origin ${quoted(revision)} || git fetch -q --depth 50 --no-tags origin ${quoted(ref)}
git -c core.hooksPath=/dev/null checkout -q --detach ${quoted(revision)}
printf 'Checked out %s as detached HEAD (%s)\\n' "$(git rev-parse --short HEAD)" ${quoted(ref)}
`
}

/** Both become arguments of git: neither may look like an option. */
export const checkoutProblem = ({ revision, ref }: Assignment): string | undefined => {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision)) return 'The revision is no commit id.'
  if (ref.startsWith('-') || ref === '') return 'The ref is no name of a branch or tag.'
  return undefined
}
