import type { Executor } from '@plinth/store'
import { isError, lint, type LintSetting } from '../governance/lint.ts'
import { readClassifications, readForAdmission, type Classification, type GovernanceRow } from '../governance/store.ts'
import { taggedFields, type TaggedField } from '../governance/tags.ts'
import type { Schema } from '../formats/format.ts'
import { schemaOf } from '../registry/parsed.ts'
import type { VersionRow } from '../registry/rows.ts'
import { alone, placeOf, type Reason } from './pairs.ts'
import { listUsers, type Side, type Use } from './store.ts'

export type Wanted = {
  environment: string
  use: Use
  side: Side
  /** `project/component` of who would be deployed; a promotion has none. */
  component?: string
}
/** What the gate asks beside its own tables. */
export type Surroundings = {
  /** Whether the environment is one of production, of the project that it belongs to. */
  isProduction(project: string, environment: string): Promise<boolean>
  /** The day, as `2027-03-31`. */
  today(): string
}

const findingsMax = 10

/** Why the governance of a subject lets nobody write or read this version there: its life, its tags, its rules. */
export async function governed(
  db: Executor,
  { isProduction, today }: Surroundings,
  wanted: Wanted,
  own: VersionRow,
): Promise<Reason[]> {
  const place = placeOf(wanted.use)
  const { governance, settings } = await readForAdmission(db, place)
  const home = wanted.component === undefined ? place.project : projectOf(wanted.component)
  const reasons: Reason[] = []
  if (governance.lifecycle === 'draft' && (await isProduction(home, wanted.environment))) reasons.push(draft(wanted))
  if (governance.lifecycle === 'retired') reasons.push(retired(wanted, governance))
  if (governance.lifecycle === 'deprecated') reasons.push(...(await deprecated(db, wanted, governance, today())))
  const rules = settings.filter(({ environment }) => environment === wanted.environment)
  const limits = await readClassifications(db, place.project)
  if (limits.length === 0 && rules.length === 0) return reasons
  const schema = await schemaOf(db, own)
  const fields = taggedFields(schema, governance.fieldTags, own.metadata)
  reasons.push(...limits.flatMap((limit) => misplaced(wanted, limit, governance.tags, fields)))
  if (wanted.side === 'produces' && rules.length > 0)
    reasons.push(...broken(wanted, { schema, fields, tags: governance.tags }, settings))
  return reasons
}

const projectOf = (component: string): string => component.slice(0, component.indexOf('/'))
const insteadOf = ({ replacement }: GovernanceRow): string => (replacement === null ? '' : ` Go to '${replacement}'.`)

function draft({ use, environment }: Wanted): Reason {
  const { project, subject } = placeOf(use)
  const edit = `plinth schema lifecycle ${subject} active --project ${project}`
  const message = `${use.subject} is a draft, and ${environment} is no place for drafts; make it active first (\`${edit}\`)`
  return alone(use, 'SUBJECT_DRAFT', message, edit)
}

const retired = ({ use }: Wanted, row: GovernanceRow): Reason =>
  alone(use, 'SUBJECT_RETIRED', `${use.subject} is retired; nothing may be deployed with it.${insteadOf(row)}`)

/** It takes nobody new; those who use it go on until its day. */
async function deprecated(
  db: Executor,
  { use, component }: Wanted,
  row: GovernanceRow,
  today: string,
): Promise<Reason[]> {
  const { retireOn } = row
  if (retireOn !== null && retireOn <= today) {
    const message = `${use.subject} was to be gone by ${retireOn}; nothing new may be deployed with it.${insteadOf(row)}`
    return [alone(use, 'SUBJECT_PAST_ITS_DAY', message)]
  }
  if (component === undefined) return []
  const users = await listUsers(db, use.subject)
  if (users.some((one) => `${one.project}/${one.component}` === component)) return []
  const until = retireOn === null ? '' : ` and goes on ${retireOn}`
  const message = `${use.subject} is deprecated${until}; it takes nobody who does not use it yet.${insteadOf(row)}`
  return [alone(use, 'SUBJECT_DEPRECATED', message)]
}

/** Data with a tag that may not go there, or not to that project. */
function misplaced(
  { use, environment, component }: Wanted,
  { tag, description, environments, projects }: Classification,
  tags: readonly string[],
  fields: readonly TaggedField[],
): Reason[] {
  const isTag = (one: string): boolean => one.toLowerCase() === tag.toLowerCase()
  const field = fields.find((one) => one.tags.some(isTag))
  if (field === undefined && !tags.some(isTag)) return []
  const what =
    field === undefined ? `${use.subject} is tagged ${tag}` : `'${field.path}' of ${use.subject} is tagged ${tag}`
  const say = (where: string): Reason => ({
    ...alone(use, 'TAG_MISPLACED', `${what}, which may only go to ${where} (${description})`),
    path: field?.path ?? '',
  })
  const found: Reason[] = []
  if (environments !== null && !environments.includes(environment))
    found.push(say(`${environments.join(', ') || 'no environment'}, not to ${environment}`))
  const home = component === undefined ? undefined : projectOf(component)
  const owner = placeOf(use).project
  if (projects !== null && home !== undefined && home !== owner && !projects.includes(home))
    found.push(say(`${[owner, ...projects].join(', ')}, not to ${home}`))
  return found
}

/** What the rules of the environment refuse; those of the whole project were asked when it was registered. */
function broken(
  { use, environment }: Wanted,
  linted: { schema: Schema; fields: readonly TaggedField[]; tags: readonly string[] },
  settings: readonly LintSetting[],
): Reason[] {
  const strict = new Set(settings.flatMap((one) => (one.environment === environment ? [one.rule] : [])))
  return lint({ subject: placeOf(use).subject, ...linted }, settings, environment)
    .filter((finding) => isError(finding) && strict.has(finding.rule))
    .slice(0, findingsMax)
    .map(({ rule, path, message }) => ({
      ...alone(
        use,
        'RULE_BROKEN',
        `${environment} demands '${rule}' of ${use.subject}: ${path === '' ? '' : `'${path}' `}${message}`,
      ),
      path,
    }))
}
