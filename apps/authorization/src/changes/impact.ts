import type { AccessIndex } from '@plinth/access'
import { decisionSummary, type Impact, type RpcResponse } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Static } from 'typebox'
import type { Parts } from '../parts.ts'
import { affectedSubjects } from './affected.ts'
import { readTests, runTests } from './policy-tests.ts'
import { findChangeSet } from './store.ts'
import { unknownChangeSet, type ChangeParts } from './view.ts'

type Summary = RpcResponse<typeof decisionSummary>
type Turned = Static<typeof Impact>['decisions'][number]

const examinedMax = 20_000
const shownMax = 200
/** The whole answer shall take less than 5 s. */
const askTimeoutMs = 3_000

/**
 * What a change set would do, before it does: decisions that were really made in the last days, decided again by both
 * policies; subjects whose rights change; policy tests. Both decide as of now, from no address and without freezes.
 */
export async function impactOf(
  parts: ChangeParts & Pick<Parts, 'bus'>,
  id: string,
  days: number,
): Promise<Static<typeof Impact>> {
  const row = await findChangeSet(parts.store.db, id)
  if (row === undefined) throw unknownChangeSet(id)
  const index = await parts.policy.current()
  const after = index.apply({ revision: index.revision + 1, ...row.edit })
  const log = await askedLog(parts.bus, days)
  const turned = await turnedDecisions(index.withoutFreezes(), after.withoutFreezes(), log.items)
  const affected = await affectedSubjects(index, after, row.edit)
  return {
    days,
    revision: index.revision,
    examined: log.items.reduce((sum, { count }) => sum + count, 0),
    changed: turned.reduce((sum, { count }) => sum + count, 0),
    decisions: turned.slice(0, shownMax),
    subjects: affected.subjects,
    tests: runTests(after, await readTests(parts.store.db)),
    notes: [...log.notes, ...affected.notes],
  }
}

/** The decision log is told of, not leaned on: without it the rest of the answer stands. */
async function askedLog(bus: Parts['bus'], days: number): Promise<{ items: Summary['items']; notes: string[] }> {
  try {
    const request = { days, limit: examinedMax }
    const { items, complete } = await bus.ask(decisionSummary, request, { timeoutMs: askTimeoutMs })
    const note = `Only the ${items.length} most frequent kinds of decision were examined.`
    return { items, notes: complete ? [] : [note] }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { items: [], notes: ['The decision log does not answer just now: no past decision was examined.'] }
  }
}

/** The decisions that come out differently, most frequent first. Lets others work in between. */
async function turnedDecisions(before: AccessIndex, after: AccessIndex, log: Summary['items']): Promise<Turned[]> {
  const turned: Turned[] = []
  for (const [place, { subject, subjects, action, object, domain, count, lastAt }] of log.entries()) {
    if (place % 2_000 === 1_999) await breathe()
    const question = { subjects, action, object, domain }
    const next = after.decide(question)
    if (before.decide(question).allowed === next.allowed) continue
    const ways = next.allowed ? (['deny', 'allow'] as const) : (['allow', 'deny'] as const)
    turned.push({
      subject,
      action,
      object,
      domain,
      before: ways[0],
      after: ways[1],
      count,
      lastAt,
      reason: next.reason,
    })
  }
  return turned.sort((one, other) => other.count - one.count)
}
