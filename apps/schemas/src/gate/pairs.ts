import type { GateReason } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { Static } from 'typebox'
import type { Incompatibility, Policy } from '../formats/format.ts'
import { unreadable } from '../formats/formats.ts'
import { schemaOf } from '../registry/parsed.ts'
import type { VersionRow } from '../registry/rows.ts'
import { policyOf, readConfig } from '../registry/settings.ts'
import { readVersion } from '../registry/store.ts'
import type { Instance, Side, Use } from './store.ts'

export type Reason = Static<typeof GateReason>

/** A reason that no other component is part of. */
export const alone = (use: Use, rule: string, message: string, edit?: string): Reason => ({
  ...use,
  path: '',
  rule,
  message,
  consumers: [],
  ...(edit !== undefined && { edit }),
})

/** Reasons of one pair: enough to see the pattern, and an answer stays short. */
const reasonsMax = 10

export const placeOf = ({ subject }: Pick<Use, 'subject'>): { project: string; subject: string } => {
  const slash = subject.indexOf('/')
  return { project: subject.slice(0, slash), subject: subject.slice(slash + 1) }
}

/** A version that something may run with: deleted ones count too, for they were given out. */
export function versionInUse(db: Executor, use: Use): Promise<VersionRow | undefined> {
  const { project, subject } = placeOf(use)
  return readVersion(db, project, subject, use.version, { deleted: true })
}

/** The policy by which versions of a subject are compared. */
export const policyFor = async (db: Executor, subject: string): Promise<Policy> =>
  policyOf((await readConfig(db, placeOf({ subject }))).effective)

/** Why the reader of a pair can't read what its writer writes; each pair of versions is compared once. */
export function comparisons(db: Executor, policy: Policy) {
  const known = new Map<string, Promise<readonly Incompatibility[]>>()
  return (reader: VersionRow, writer: VersionRow): Promise<readonly Incompatibility[]> => {
    const key = `${reader.fingerprint}/${writer.fingerprint}`
    const made =
      known.get(key) ??
      Promise.all([schemaOf(db, reader), schemaOf(db, writer)]).then(([a, b]) => unreadable(a, b, policy))
    known.set(key, made)
    return made
  }
}

export type Compare = ReturnType<typeof comparisons>

export type Meeting = { use: Use; own: VersionRow; side: Side; other: Instance; theirs: VersionRow }

/** One pair of what would be deployed and what is: the reader of the two must read what the other writes. */
export async function meet(compare: Compare, { use, own, side, other, theirs }: Meeting): Promise<Reason[]> {
  const found = await (side === 'produces' ? compare(theirs, own) : compare(own, theirs))
  const name = `${other.project}/${other.component}`
  return found.slice(0, reasonsMax).map((one) => ({
    ...one,
    ...use,
    message:
      side === 'produces'
        ? `${name} reads ${use.subject} version ${other.version} and could not read version ${use.version}: ${one.message}`
        : `${name} writes ${use.subject} version ${other.version}, which version ${use.version} could not read: ${one.message}`,
    consumers: side === 'produces' ? [name] : [],
    other: {
      component: name,
      side: other.side,
      version: other.version,
      deployment: other.deployment,
      ...(other.owner !== null && { owner: other.owner }),
    },
  }))
}
