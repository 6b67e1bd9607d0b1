import { branchRef, isPushableRef, zeroRevision } from '../git/names.ts'
import { flushPkt, pktLine, sideBand, type PushHead, type RefCommand } from '../git/pkt-line.ts'
import type { Repository } from '../repositories/store.ts'

export type Refusal = { ref: string; reason: string; advice: string }

/**
 * Why refs of a push may not move, as far as their names and the branch rules tell. Whether a protected branch would
 * lose commits is known only once git has the new objects; git itself refuses that then, see `pushConfig`.
 */
export function refusalsOf(
  commands: readonly RefCommand[],
  { protection, defaultBranch }: Pick<Repository, 'protection' | 'defaultBranch'>,
): Refusal[] {
  return commands.flatMap(({ ref, after }): Refusal[] => {
    const shown = ref.replace(/^refs\/heads\//, '')
    if (!isPushableRef(ref)) {
      return [
        {
          ref,
          reason: 'name not allowed',
          advice: `'${shown.slice(0, 100)}' is not a name that a branch or tag can have here: letters, digits, . _ / + - only.`,
        },
      ]
    }
    const rule = protection.find(({ branch }) => branchRef(branch) === ref)
    if (after === zeroRevision && (rule !== undefined || ref === branchRef(defaultBranch))) {
      return [{ ref, reason: 'protected branch', advice: `The branch '${shown}' is protected: it can't be deleted.` }]
    }
    if (rule?.push === 'change-request-only') {
      return [
        {
          ref,
          reason: 'protected branch',
          advice: `The branch '${shown}' is protected: push another branch and open a change request into '${shown}'.`,
        },
      ]
    }
    return []
  })
}

/** A protected branch keeps its history: with it in a push, git takes no move that would drop commits. */
export function pushConfig(
  commands: readonly RefCommand[],
  { protection }: Pick<Repository, 'protection'>,
): Record<string, string> {
  const touchesProtected = commands.some(({ ref }) => protection.some(({ branch }) => branchRef(branch) === ref))
  return { 'receive.denyNonFastForwards': String(touchesProtected) }
}

/**
 * The answer to a push that is refused as a whole, in git's own words (gitprotocol-pack(5), report-status): git shows
 * the advice with `remote:` and `[remote rejected]` with the reason, and ends with an error.
 */
export function refusalReport({ commands, capabilities }: PushHead, refusals: readonly Refusal[]): Buffer {
  const reasons = new Map(refusals.map(({ ref, reason }) => [ref, reason]))
  const lines = commands.map(({ ref }) =>
    pktLine(`ng ${ref} ${reasons.get(ref) ?? 'refused with the rest of this push'}\n`),
  )
  const speaksStatus = capabilities.some((name) => name === 'report-status' || name === 'report-status-v2')
  const report = speaksStatus
    ? Buffer.concat([pktLine('unpack ok\n'), ...lines, Buffer.from(flushPkt)])
    : Buffer.alloc(0)
  if (!capabilities.includes('side-band-64k')) return report
  const advice = [...new Set(refusals.map((refusal) => refusal.advice))].map((text) => `${text}\n`).join('')
  return Buffer.concat([sideBand(2, Buffer.from(advice)), sideBand(1, report), Buffer.from(flushPkt)])
}
