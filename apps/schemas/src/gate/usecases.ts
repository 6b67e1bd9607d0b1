import type { Clock } from '@plinth/kernel'
import type { Executor, Store } from '@plinth/store'
import { parseSchema, unreadable } from '../formats/formats.ts'
import type { Schema } from '../formats/format.ts'
import { findVersion, type VersionRow } from '../registry/store.ts'
import * as deployed from './store.ts'
import type { DeployedRow, Use } from './store.ts'

export type Candidate = { project: string; environment: string; component: string; produces: Use[]; consumes: Use[] }
type Reason = { subject: string; version: number; path: string; message: string; consumers: string[] }
export type GateVerdict = { allowed: boolean; reasons: Reason[] }

/** A subject without a project is one of the component's own project. */
const qualified = (project: string, uses: readonly Use[]): Use[] =>
  uses.map(({ subject, version }) => ({ subject: subject.includes('/') ? subject : `${project}/${subject}`, version }))

function versionOf(db: Executor, { subject, version }: Use): Promise<VersionRow | undefined> {
  const slash = subject.indexOf('/')
  return findVersion(db, subject.slice(0, slash), subject.slice(slash + 1), version)
}

const parsed = ({ type, schema }: VersionRow): Schema => parseSchema(type, { text: schema, references: [] })

const versionIn = (uses: readonly Use[], subject: string): number[] =>
  uses.filter((use) => use.subject === subject).map(({ version }) => version)

type Meeting = { use: Use; own: VersionRow; other: DeployedRow; otherVersion: number; side: 'produces' | 'consumes' }

/** One pair of what would be deployed and what is: the reader of the two must read what the other writes. */
async function meet(db: Executor, { use, own, other, otherVersion, side }: Meeting): Promise<Reason[]> {
  const theirs = await versionOf(db, { subject: use.subject, version: otherVersion })
  if (!theirs) return []
  const [a, b] = side === 'produces' ? [theirs, own] : [own, theirs]
  const problems = unreadable(parsed(a), parsed(b), 'STRICT')
  const name = `${other.project}/${other.component}`
  return problems.slice(0, 10).map(({ path, message }) => ({
    ...use,
    path,
    message:
      side === 'produces'
        ? `${name} reads ${use.subject} version ${otherVersion} and could not read version ${use.version}: ${message}`
        : `${name} writes ${use.subject} version ${otherVersion}, which version ${use.version} could not read: ${message}`,
    consumers: [side === 'produces' ? name : ''].filter(Boolean),
  }))
}

async function judgeUse(
  db: Executor,
  candidate: Candidate,
  use: Use,
  side: 'produces' | 'consumes',
): Promise<Reason[]> {
  const own = await versionOf(db, use)
  if (!own)
    return [
      {
        ...use,
        path: '',
        message: `${use.subject} has no version ${use.version}; register it first (\`plinth schema register\`)`,
        consumers: [],
      },
    ]
  const counterpart = side === 'produces' ? 'consumes' : 'produces'
  const others = await deployed.listUsers(db, counterpart, candidate.environment, use.subject)
  const reasons: Reason[] = []
  for (const other of others) {
    if (other.project === candidate.project && other.component === candidate.component) continue
    for (const otherVersion of versionIn(other[counterpart], use.subject))
      reasons.push(...(await meet(db, { use, own, other, otherVersion, side })))
  }
  return reasons
}

export const gateUseCases = ({ store, clock }: { store: Pick<Store, 'db'>; clock: Clock }) => ({
  /** Whether what a component would write and read fits what is deployed in environments of that name. */
  async check(candidate: Candidate): Promise<GateVerdict> {
    const reasons: Reason[] = []
    for (const side of ['produces', 'consumes'] as const) {
      for (const use of qualified(candidate.project, candidate[side]))
        reasons.push(...(await judgeUse(store.db, candidate, use, side)))
    }
    return { allowed: reasons.length === 0, reasons: reasons.slice(0, 50) }
  },

  async record(row: Candidate & { deployment: string; removed: boolean }): Promise<void> {
    const { project, environment, component, deployment, removed } = row
    if (removed) return deployed.forget(store.db, project, environment, component)
    const uses = { produces: qualified(project, row.produces), consumes: qualified(project, row.consumes) }
    await deployed.record(store.db, { project, environment, component, deployment, ...uses }, clock.now())
  },

  list: async (project: string, environment: string) => ({
    items: await deployed.listDeployed(store.db, project, environment),
  }),
})
