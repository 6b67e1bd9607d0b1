import { failure, type SchemaImpact, type NewSchema } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import type { Static } from 'typebox'
import type { Incompatibility, Schema } from '../formats/format.ts'
import { unreadable } from '../formats/formats.ts'
import { policyFor, versionInUse } from '../gate/pairs.ts'
import { instancesOf, listUsers, type Instance } from '../gate/store.ts'
import { judge, type Verdict } from '../registry/judge.ts'
import { parseWith, schemaOf } from '../registry/parsed.ts'
import { readConfig } from '../registry/settings.ts'
import { findSubject, listVersions, readVersion } from '../registry/store.ts'
import type { Visible } from './visible.ts'

type View = Static<typeof SchemaImpact>
type Affected = View['items'][number]
export type Question = {
  schema?: Static<typeof NewSchema>
  version?: number
  delete?: boolean
  environment?: string
}
type ImpactParts = { store: Pick<Store, 'db'>; visible: Visible }
type Key = { project: string; subject: string }
type Change = { kind: View['change']; schema?: Schema; version?: number; name: string }

const itemsMax = 500
const reasonsMax = 10

async function changeOf(db: Store['db'], { project, subject }: Key, asked: Question): Promise<Change> {
  const { schema, version, delete: deletes = false } = asked
  if ((schema !== undefined && (version !== undefined || deletes)) || (!schema && version === undefined && !deletes)) {
    throw failure('platform.request_invalid', {
      detail: 'Say one change: a new `schema`, a `version` to go to, or `delete` (with a `version`, or all of them).',
    })
  }
  if (schema !== undefined)
    return {
      kind: 'schema',
      schema: await parseWith(db, { references: [], ...schema, project }),
      name: 'the new schema',
    }
  const row = version === undefined ? undefined : await readVersion(db, project, subject, version)
  if (version !== undefined && row === undefined)
    throw failure('schemas.version_unknown', { detail: `'${subject}' has no version ${version}.` })
  if (deletes) return { kind: 'delete', name: 'nothing', ...(version !== undefined && { version }) }
  return { kind: 'version', name: `version ${version}`, ...(row && { schema: await schemaOf(db, row) }) }
}

async function registrationOf(db: Store['db'], { project, subject }: Key, schema: Schema): Promise<Verdict> {
  const { effective } = await readConfig(db, { project, subject })
  return judge(db, effective, { schema, metadata: null }, await listVersions(db, project, subject))
}

/** Those who use it, the broken ones first. */
async function affectedBy(db: Store['db'], key: string, change: Change, instances: readonly Instance[]) {
  const policy = await policyFor(db, key)
  const reasons = new Map<string, readonly Incompatibility[]>()
  const reasonsOf = async ({ side, version }: Instance): Promise<readonly Incompatibility[]> => {
    const known = reasons.get(`${side}/${version}`)
    if (known !== undefined || change.schema === undefined) return known ?? []
    const row = await versionInUse(db, { subject: key, version })
    if (row === undefined) return []
    const theirs = await schemaOf(db, row)
    const found =
      side === 'consumes' ? unreadable(theirs, change.schema, policy) : unreadable(change.schema, theirs, policy)
    reasons.set(`${side}/${version}`, found)
    return found
  }
  const items: Affected[] = []
  for (const instance of instances) {
    const found = await reasonsOf(instance)
    const isDeleted = change.kind === 'delete' && (change.version ?? instance.version) === instance.version
    const { owner, ...rest } = instance
    items.push({
      ...rest,
      ...(owner !== null && { owner }),
      breaks: isDeleted || found.length > 0,
      summary: summaryOf(instance, change, isDeleted, found.length),
      reasons: found.slice(0, reasonsMax),
    })
  }
  return items.sort((a, b) => Number(b.breaks) - Number(a.breaks))
}

async function analyze(
  { store: { db }, visible }: ImpactParts,
  who: Identity,
  { project, subject }: Key,
  asked: Question,
): Promise<View> {
  if ((await findSubject(db, project, subject)) === undefined)
    throw failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })
  const change = await changeOf(db, { project, subject }, asked)
  const key = `${project}/${subject}`
  const found = instancesOf(await listUsers(db, key, asked.environment), key)
  const all = await affectedBy(db, key, change, found)
  const strange = [...new Set(all.map((one) => one.project))].filter((one) => one !== project)
  const seen = strange.length === 0 ? new Set<string>() : await visible(who, strange)
  const shown = all.filter((one) => one.project === project || seen.has(one.project))
  const hidden = all.filter((one) => one.project !== project && !seen.has(one.project))
  const breaking = all.filter(({ breaks }) => breaks)
  const isSchema = change.kind === 'schema' && change.schema !== undefined
  return {
    project,
    subject,
    change: change.kind,
    breaks: breaking.length > 0,
    summary: overallSummary(subject, breaking, all.length),
    ...(isSchema && change.schema && { registration: await registrationOf(db, { project, subject }, change.schema) }),
    items: shown.slice(0, itemsMax),
    owners: [...new Set(shown.flatMap(({ breaks, owner }) => (breaks && owner !== undefined ? [owner] : [])))],
    hidden: { instances: hidden.length, breaking: hidden.filter(({ breaks }) => breaks).length },
  }
}

/** Which running instances a change of a subject would break, and why; nothing is changed. */
export function impactUseCases(parts: ImpactParts) {
  return {
    analyze: (who: Identity, key: Key, asked: Question) => analyze(parts, who, key, asked),
  }
}

function summaryOf({ side, version }: Instance, { kind, name }: Change, isDeleted: boolean, reasons: number): string {
  if (kind === 'delete')
    return isDeleted
      ? `${side === 'consumes' ? 'It reads' : 'It writes'} version ${version}, whose schema could no longer be asked for`
      : `It uses version ${version}, which stays`
  if (side === 'consumes')
    return reasons > 0
      ? `It reads version ${version}, and could not read what is written with ${name}; deploy a reader of ${name} first`
      : `It reads version ${version}, and can read what is written with ${name}`
  return reasons > 0
    ? `It writes version ${version}, which a reader of ${name} could not read`
    : `It writes version ${version}, which a reader of ${name} can read`
}

function overallSummary(subject: string, breaking: readonly Affected[], total: number): string {
  if (total === 0) return `Nothing that is deployed writes or reads ${subject}.`
  if (breaking.length === 0) return `Nothing breaks: all ${total} that write or read ${subject} go on as they are.`
  const environments = [...new Set(breaking.map(({ environment }) => environment))].join(', ')
  return `${breaking.length} of ${total} that write or read ${subject} would break, in ${environments}.`
}

export type ImpactUseCases = ReturnType<typeof impactUseCases>
