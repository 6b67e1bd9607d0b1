import type { CompatibilityLevel } from '@plinth/contracts'
import { rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Policy } from '../formats/format.ts'
import type { Metadata, RuleSet } from './rows.ts'

/** What is set for a subject, a project or all; what a member is not set in, the next wider scope says. */
export type Config = {
  compatibilityLevel?: CompatibilityLevel
  compatibilityPolicy?: Policy | 'LOGICAL'
  /** Only versions with the same value of this property are compared with each other. */
  compatibilityGroup?: string
  alias?: string
  aliasForDeks?: string
  normalize?: boolean
  validateFields?: boolean
  validateNewSchemas?: boolean
  validateRules?: boolean
  defaultMetadata?: Metadata
  overrideMetadata?: Metadata
  defaultRuleSet?: RuleSet
  overrideRuleSet?: RuleSet
}
export type Mode = 'READWRITE' | 'READONLY' | 'READONLY_OVERRIDE' | 'IMPORT'

/** A subject; a project, where the subject is empty; all, where both are. */
export type Scope = { project: string; subject: string }

export const levelDefault: CompatibilityLevel = 'BACKWARD'

/** The scope and all around it, the widest first. */
const aroundScope = ({ project, subject }: Scope) =>
  sql`(project, subject) in ((${project}, ${subject}), (${project}, ''), ('', '')) order by project, subject`

/** What holds in a scope, of everything that is set around it, and what is set in the scope itself. */
export async function readConfig(db: Executor, scope: Scope): Promise<{ own: Config | undefined; effective: Config }> {
  const found = await rows<Scope & { settings: Config }>(
    db,
    sql`select project, subject, settings from scope_configs where ${aroundScope(scope)}`,
  )
  const own = found.find(({ project, subject }) => project === scope.project && subject === scope.subject)
  return { own: own?.settings, effective: effectiveConfig(found) }
}

/** Of the settings around a scope, the widest first: the narrower one wins, member by member. */
export const effectiveConfig = (found: readonly { settings: Config }[]): Config =>
  Object.assign({}, ...found.map(({ settings }) => settings)) as Config

/** READONLY_OVERRIDE of a wider scope holds whatever a narrower one says. */
export const effectiveMode = (found: readonly { mode: Mode }[]): Mode =>
  found.find(({ mode }) => mode === 'READONLY_OVERRIDE')?.mode ?? found.at(-1)?.mode ?? 'READWRITE'

export async function readMode(db: Executor, scope: Scope): Promise<{ own: Mode | undefined; effective: Mode }> {
  const found = await rows<Scope & { mode: Mode }>(
    db,
    sql`select project, subject, mode from scope_modes where ${aroundScope(scope)}`,
  )
  const own = found.find(({ project, subject }) => project === scope.project && subject === scope.subject)?.mode
  return { own, effective: effectiveMode(found) }
}

export async function writeConfig(tx: Tx, { project, subject }: Scope, settings: Config, at: Date): Promise<void> {
  await tx.execute(sql`insert into scope_configs (project, subject, settings, updated_at)
    values (${project}, ${subject}, ${JSON.stringify(settings)}::jsonb, ${at.toISOString()})
    on conflict (project, subject) do update set settings = excluded.settings, updated_at = excluded.updated_at`)
}

export async function writeMode(tx: Tx, { project, subject }: Scope, mode: Mode, at: Date): Promise<void> {
  await tx.execute(sql`insert into scope_modes (project, subject, mode, updated_at)
    values (${project}, ${subject}, ${mode}, ${at.toISOString()})
    on conflict (project, subject) do update set mode = excluded.mode, updated_at = excluded.updated_at`)
}

export async function removeConfig(tx: Tx, { project, subject }: Scope): Promise<void> {
  await tx.execute(sql`delete from scope_configs where project = ${project} and subject = ${subject}`)
}

export async function removeMode(tx: Tx, { project, subject }: Scope): Promise<void> {
  await tx.execute(sql`delete from scope_modes where project = ${project} and subject = ${subject}`)
}

/** The policy of a level's comparisons; what Confluent calls LOGICAL is our EXACT: it looks at logical types too. */
export const policyOf = ({ compatibilityPolicy }: Config): Policy =>
  compatibilityPolicy === 'LOGICAL' ? 'EXACT' : (compatibilityPolicy ?? 'STRICT')
