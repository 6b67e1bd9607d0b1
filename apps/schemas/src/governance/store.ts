import type { SubjectLifecycle } from '@plinth/contracts'
import { isoTime, plannedRows, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { SubjectPlace } from '../registry/subject-name.ts'
import type { LintSetting } from './lint.ts'

export type GovernanceRow = {
  owner: string | null
  description: string
  lifecycle: SubjectLifecycle
  lifecycleSince: string | null
  lifecycleBy: string | null
  retireOn: string | null
  replacement: string | null
  note: string | null
  tags: string[]
  fieldTags: { [path: string]: string[] }
  updatedAt: string | null
  updatedBy: string | null
}

/** How a subject is governed that nobody has said anything of. */
export const ungoverned: GovernanceRow = {
  owner: null,
  description: '',
  lifecycle: 'active',
  lifecycleSince: null,
  lifecycleBy: null,
  retireOn: null,
  replacement: null,
  note: null,
  tags: [],
  fieldTags: {},
  updatedAt: null,
  updatedBy: null,
}

const columns = sql`g.owner, g.description, g.lifecycle, ${isoTime(sql`g.lifecycle_since`)} as "lifecycleSince",
  g.lifecycle_by as "lifecycleBy", to_char(g.retire_on, 'YYYY-MM-DD') as "retireOn", g.replacement, g.note,
  to_json(g.tags) as tags, g.field_tags as "fieldTags", ${isoTime(sql`g.updated_at`)} as "updatedAt", g.updated_by as "updatedBy"`

export async function readGovernance(db: Executor, { project, subject }: SubjectPlace): Promise<GovernanceRow> {
  const [found] = await rows<GovernanceRow>(
    db,
    sql`select ${columns} from subject_governance g where g.project = ${project} and g.subject = ${subject}`,
  )
  return found ?? ungoverned
}

/** What a registration has to keep to: the subject's state and tags, and the rules of its project. */
export async function readForAdmission(
  db: Executor,
  { project, subject }: SubjectPlace,
): Promise<{ governance: GovernanceRow; settings: LintSetting[] }> {
  const [found] = await plannedRows<{ governance: GovernanceRow | null; settings: LintSetting[] | null }>(
    db,
    'schemas_admission',
    sql`select
      (select to_json(g) from (select ${columns} from subject_governance g where g.project = ${project} and g.subject = ${subject}) g) as governance,
      (select json_agg(l) from (select environment, rule, severity, style, words from lint_settings where project = ${project} limit 2000) l) as settings`,
  )
  return { governance: found?.governance ?? ungoverned, settings: found?.settings ?? [] }
}

export async function writeGovernance(
  tx: Tx,
  { project, subject }: SubjectPlace,
  row: GovernanceRow,
  by: string,
  at: Date,
): Promise<void> {
  const { owner, description, lifecycle, lifecycleSince, lifecycleBy, retireOn, replacement, note, tags, fieldTags } =
    row
  await tx.execute(sql`insert into subject_governance (project, subject, owner, description, lifecycle, lifecycle_since,
      lifecycle_by, retire_on, replacement, note, tags, field_tags, updated_at, updated_by)
    values (${project}, ${subject}, ${owner}, ${description}, ${lifecycle}, ${lifecycleSince}, ${lifecycleBy}, ${retireOn},
      ${replacement}, ${note}, ${arrayOf(tags)}, ${JSON.stringify(fieldTags)}::jsonb, ${at.toISOString()}, ${by})
    on conflict (project, subject) do update set owner = excluded.owner, description = excluded.description,
      lifecycle = excluded.lifecycle, lifecycle_since = excluded.lifecycle_since, lifecycle_by = excluded.lifecycle_by,
      retire_on = excluded.retire_on, replacement = excluded.replacement, note = excluded.note, tags = excluded.tags,
      field_tags = excluded.field_tags, updated_at = excluded.updated_at, updated_by = excluded.updated_by`)
}

/** A PostgreSQL array of texts. */
const arrayOf = (values: readonly string[]) =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`

/** The registering component of a new subject becomes its owner, unless somebody was named before. */
export async function proposeOwner(
  db: Executor,
  { project, subject }: SubjectPlace,
  owner: string,
  by: string,
  at: Date,
) {
  await db.execute(sql`insert into subject_governance (project, subject, owner, updated_at, updated_by)
    values (${project}, ${subject}, ${owner}, ${at.toISOString()}, ${by})
    on conflict (project, subject) do update set owner = excluded.owner where subject_governance.owner is null`)
}

export const isKnownProject = async (db: Executor, project: string): Promise<boolean> =>
  (await rows(db, sql`select 1 from subjects where project = ${project} limit 1`)).length > 0

export const lockRules = async (tx: Tx, project: string): Promise<void> => {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`rules/${project}`}, 0))`)
}

export const readSettings = (db: Executor, project: string): Promise<LintSetting[]> =>
  rows<LintSetting>(
    db,
    sql`select environment, rule, severity, style, to_json(words) as words from lint_settings
    where project = ${project} order by rule, environment limit 2000`,
  )

export async function replaceSettings(tx: Tx, project: string, settings: readonly LintSetting[]): Promise<void> {
  await tx.execute(sql`delete from lint_settings where project = ${project}`)
  await tx.execute(sql`insert into lint_settings (project, environment, rule, severity, style, words)
    select ${project}, s.environment, s.rule, s.severity, s.style,
      case when s.words is null then null else array(select jsonb_array_elements_text(s.words)) end
    from jsonb_to_recordset(${JSON.stringify(settings)}::jsonb)
      as s (environment text, rule text, severity text, style text, words jsonb)`)
}

export type Classification = {
  tag: string
  description: string
  environments: string[] | null
  projects: string[] | null
}

export const readClassifications = (db: Executor, project: string): Promise<Classification[]> =>
  rows<Classification>(
    db,
    sql`select tag, description, to_json(environments) as environments, to_json(projects) as projects
    from classifications where project = ${project} order by tag limit 200`,
  )

export async function replaceClassifications(
  tx: Tx,
  project: string,
  wanted: readonly Classification[],
): Promise<void> {
  await tx.execute(sql`delete from classifications where project = ${project}`)
  await tx.execute(sql`insert into classifications (project, tag, description, environments, projects)
    select ${project}, c.tag, c.description,
      case when c.environments is null then null else array(select jsonb_array_elements_text(c.environments)) end,
      case when c.projects is null then null else array(select jsonb_array_elements_text(c.projects)) end
    from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
      as c (tag text, description text, environments jsonb, projects jsonb)`)
}
