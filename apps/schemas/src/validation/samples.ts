import { failure, type SampleReport } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import type { Static } from 'typebox'
import { findDeployed } from '../gate/store.ts'
import { findSubject } from '../registry/store.ts'
import type { sampleBudget } from './budget.ts'
import { countReason, countSamples, dropOldReasons, listHours, listReasons, type HourRow, type ReasonRow, type SampleKey } from './sample-store.ts' // prettier-ignore
import { mustRead, problemsOf } from './validate.ts'

type Report = Static<typeof SampleReport>
type Sent = { version: number; payloads: readonly unknown[] }
type Parts = { store: Pick<Store, 'db' | 'transaction'>; clock: Clock; budget: ReturnType<typeof sampleBudget> }

/** One list index is as good as another: one mistake in every item is one reason. */
const anyIndex = (path: string): string => path.replaceAll(/\/\d+(?=\/|$)/g, '/*')

/**
 * What workloads hand in of their live traffic is checked and counted by the hour, never kept: a payload may hold
 * anything. A reason names a place and a rule.
 */
export function sampleUseCases({ store, clock, budget }: Parts) {
  /** Whose sample it is: a workload's by its token, anybody else's by his name. */
  async function sourceOf(who: Identity, project: string, subject: string) {
    const { project: own, environment, workload } = who.claims
    if (own === undefined || environment === undefined || workload === undefined)
      return { environment: 'none', source: who.subject }
    if (own !== project) {
      const row = await findDeployed(store.db, { project: own, environment, component: workload })
      const uses = [...(row?.produces ?? []), ...(row?.consumes ?? [])]
      if (!uses.some((use) => use.subject === `${project}/${subject}`))
        throw failure('schemas.subject_unknown', {
          detail: `${own}/${workload} does not say in its score.yaml that it writes or reads ${project}/${subject}.`,
        })
    }
    return { environment, source: `${own}/${workload}` }
  }

  return {
    async take(who: Identity, { project, subject }: { project: string; subject: string }, { version, payloads }: Sent) {
      const from = await sourceOf(who, project, subject)
      const { schema } = await mustRead(store.db, { project, subject, version })
      const { taken, sampleRate } = budget.take(`${project}/${subject}`, payloads.length)
      const found = await problemsOf(schema, payloads.slice(0, taken))
      const wrong = found.filter((problems) => problems.length > 0)
      const reasons = new Map<string, { path: string; message: string; count: number }>()
      for (const problems of wrong) {
        const [first] = problems
        if (first === undefined) continue
        const path = anyIndex(first.path)
        const key = `${path} ${first.message}`
        reasons.set(key, { path, message: first.message, count: (reasons.get(key)?.count ?? 0) + 1 })
      }
      if (taken > 0) {
        const key: SampleKey = { project, subject, version, ...from }
        const at = clock.now()
        await store.transaction(async (tx) => {
          await countSamples(tx, key, { checked: taken, invalid: wrong.length }, at)
          // In one order, so that two senders never wait for each other.
          const sorted = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1))
          for (const [, reason] of sorted) await countReason(tx, key, reason, at)
          if (sorted.length > 0) await dropOldReasons(tx, key)
        })
      }
      return { checked: taken, invalid: wrong.length, skipped: payloads.length - taken, sampleRate }
    },

    async report({ project, subject }: { project: string; subject: string }, hours: number): Promise<Report> {
      if ((await findSubject(store.db, project, subject)) === undefined)
        throw failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })
      const since = new Date(clock.now().getTime() - hours * 3_600_000)
      const found = await listHours(store.db, project, subject, since)
      const reasons = await listReasons(store.db, project, subject, since)
      return { items: reportOf(found, reasons) }
    },
  }
}

function reportOf(found: readonly HourRow[], reasons: readonly ReasonRow[]): Report['items'] {
  const groups = Map.groupBy(found, ({ version, environment }) => `${version}/${environment}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { version, environment } = first
    const sum = (member: 'checked' | 'invalid', of = group): number => of.reduce((all, row) => all + row[member], 0)
    const [checked, invalid] = [sum('checked'), sum('invalid')]
    const hours = [...Map.groupBy(group, ({ hour }) => hour)].map(([hour, of]) => ({
      hour,
      checked: sum('checked', of),
      invalid: sum('invalid', of),
    }))
    return [
      {
        version,
        environment,
        checked,
        invalid,
        invalidRate: checked === 0 ? 0 : invalid / checked,
        sources: [...new Set(group.map(({ source }) => source))].slice(0, 50),
        hours,
        reasons: reasons
          .filter((one) => one.version === version && one.environment === environment)
          .map(({ path, message, count, lastSeenAt, source }) => ({ path, message, count, lastSeenAt, source })),
      },
    ]
  })
}

export type SampleUseCases = ReturnType<typeof sampleUseCases>
