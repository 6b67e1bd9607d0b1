import type { Executor } from '@plinth/store'
import { findPin } from '../environments/store.ts'
import { governed, type Surroundings, type Wanted } from './governed.ts'
import { alone, comparisons, meet, placeOf, policyFor, versionInUse, type Reason } from './pairs.ts'
import { instancesOf, listUsers, type Use } from './store.ts'

/** Why a component may not write or read a version in an environment. Nothing where it may. */
export async function judgeUse(db: Executor, around: Surroundings, wanted: Wanted): Promise<Reason[]> {
  const { environment, use, side, component } = wanted
  const { project, subject } = placeOf(use)
  const own = await versionInUse(db, use)
  if (own === undefined) {
    const edit = `plinth schema register ${subject} <file> --project ${project}`
    return [
      alone(
        use,
        'VERSION_UNKNOWN',
        `${use.subject} has no version ${use.version}; register it first (\`${edit}\`)`,
        edit,
      ),
    ]
  }
  const reasons = [
    ...(await governed(db, around, wanted, own)),
    ...(side === 'produces' ? await held(db, environment, use) : []),
  ]
  const compare = comparisons(db, await policyFor(db, use.subject))
  const others = instancesOf(await listUsers(db, use.subject, environment), use.subject)
  for (const other of others) {
    if (other.side === side || `${other.project}/${other.component}` === component) continue
    const theirs = await versionInUse(db, { subject: use.subject, version: other.version })
    if (theirs !== undefined) reasons.push(...(await meet(compare, { use, own, side, other, theirs })))
  }
  return reasons
}

/** A version that was pinned or promoted is the newest that may be written there. */
async function held(db: Executor, environment: string, use: Use): Promise<Reason[]> {
  const { project, subject } = placeOf(use)
  const pin = await findPin(db, { project, subject, environment })
  if (pin === undefined || use.version <= pin.version) return []
  const edit = `plinth schema promote ${subject} --to ${environment} --schema-version ${use.version} --project ${project}`
  const message = `${use.subject} is held at version ${pin.version} in ${environment} (${pin.by}: ${pin.reason}); promote version ${use.version} first (\`${edit}\`)`
  return [alone(use, 'VERSION_NOT_PROMOTED', message, edit)]
}
