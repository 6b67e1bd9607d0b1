import type { Assignment } from './pipelines.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** What git says where the platform is away for a moment, and not where it refuses. */
const awaySigns = [
  'Failed to connect', 'unable to connect', "Couldn't connect", 'Connection refused', 'Connection reset', 'timed out', 'Empty reply',
  'early EOF', 'unexpected disconnect', 'returned error: 429', 'returned error: 5',
] // prettier-ignore
/** Half a minute in all: a gateway that is replaced, or was killed, is back by then. */
const waitsSeconds = [0.5, 1, 2, 4, 8, 16]

/**
 * Gets exactly the revision and nothing of its past. A server that gives no single commit is asked for the branch, one
 * that is away is asked again. Runs as a step, inside the walls: what a repository holds is as foreign as what its
 * scripts do.
 */
export function checkoutScript({ cloneUrl, revision, ref }: Assignment): string {
  return `exec 2>&1
git init -q .
git remote add origin ${quoted(cloneUrl)}
get() {
  git fetch -q --depth 1 --no-tags origin ${quoted(revision)} || git fetch -q --depth 50 --no-tags origin ${quoted(ref)}
}
for wait in ${waitsSeconds.join(' ')} none; do
  if said=$(get 2>&1); then break; fi
  printf '%s\n' "$said"
  case "$said" in
    ${awaySigns.map((sign) => `*${quoted(sign)}*`).join('|')}) [ "$wait" != none ] || exit 1 ;;
    *) exit 1 ;;
  esac
  printf 'Trying again in %s s\n' "$wait"
  sleep "$wait"
done
git -c core.hooksPath=/dev/null checkout -q --detach ${quoted(revision)} || exit 1
printf 'Checked out %s as detached HEAD (%s)\n' "$(git rev-parse --short HEAD)" ${quoted(ref)}
`
}

/** Both become arguments of git: neither may look like an option. */
export const checkoutProblem = ({ revision, ref }: Assignment): string | undefined => {
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(revision)) return 'The revision is no commit id.'
  if (ref.startsWith('-') || ref === '') return 'The ref is no name of a branch or tag.'
  return undefined
}
