import { plannedRows, sql, type Executor } from '@plinth/store'
import type { VersionRow } from './rows.ts'
import { effectiveConfig, effectiveMode, type Config, type Mode, type Scope } from './settings.ts'
import { fromVersions, versionColumns } from './store.ts'
import type { SubjectPlace } from './subject-name.ts'

/** All that a registration has to know of its subject. */
export type SubjectState = {
  config: Config
  mode: Mode
  latest: VersionRow | undefined
  /** The highest number that any version of it has, deleted ones too. */
  highest: number
  /** Settings and deletions have counted up to here: while they still have, all of the above holds. */
  generation: string
}

type Row = {
  configs: (Scope & { settings: Config })[] | null
  modes: (Scope & { mode: Mode })[] | null
  latest: VersionRow | null
  highest: number | null
  generation: string
}

const around = sql`(project, subject) in ((k.project, k.subject), (k.project, ''), ('', '')) order by project, subject`
const arrayOf = (values: readonly string[]) => sql`${sql.param([...values])}::text[]`

/** Of each subject, in one statement, so that it all is of one moment. */
export async function readStates(db: Executor, places: readonly SubjectPlace[]): Promise<SubjectState[]> {
  const projects = arrayOf(places.map(({ project }) => project))
  const subjects = arrayOf(places.map(({ subject }) => subject))
  const found = await plannedRows<Row>(
    db,
    'schemas_states',
    sql`select
      (select json_agg(c) from (select project, subject, settings from scope_configs where ${around}) c) as configs,
      (select json_agg(m) from (select project, subject, mode from scope_modes where ${around}) m) as modes,
      (select to_json(l) from (select ${versionColumns} ${fromVersions} where v.project = k.project and v.subject = k.subject
        and not v.deleted order by v.version desc limit 1) l) as latest,
      (select max(version) from versions where project = k.project and subject = k.subject) as highest,
      (select value::text from registry_generation) as generation
    from unnest(${projects}, ${subjects}) with ordinality k (project, subject, position) order by k.position`,
  )
  return found.map(({ configs, modes, latest, highest, generation }) => ({
    config: effectiveConfig(configs ?? []),
    mode: effectiveMode(modes ?? []),
    latest: latest ?? undefined,
    highest: highest ?? 0,
    generation,
  }))
}

export async function readState(db: Executor, place: SubjectPlace): Promise<SubjectState> {
  const [state] = await readStates(db, [place])
  if (state === undefined) throw new Error('a state was not answered')
  return state
}

/** The number of the version that the content has in the subject; one that was deleted softly only where no other has it. */
export async function numberOf(
  db: Executor,
  { project, subject }: SubjectPlace,
  fingerprint: string,
): Promise<{ version: number; deleted: boolean } | undefined> {
  const [found] = await plannedRows<{ version: number; deleted: boolean }>(
    db,
    'schemas_number_of',
    sql`select v.version, v.deleted ${fromVersions} where v.project = ${project} and v.subject = ${subject}
    and b.fingerprint = ${fingerprint} order by v.deleted limit 1`,
  )
  return found
}

export type ContentName = { project: string; fingerprint: string }

/** The id that each content has in its project, else one that is given now and never again. */
export async function takeIds(db: Executor, contents: readonly ContentName[]): Promise<number[]> {
  const projects = arrayOf(contents.map(({ project }) => project))
  const fingerprints = arrayOf(contents.map(({ fingerprint }) => fingerprint))
  const found = await plannedRows<{ id: number }>(
    db,
    'schemas_take_ids',
    sql`select coalesce((select id from schemas s where s.project = k.project and s.fingerprint = k.fingerprint),
      nextval('schema_ids'))::integer as id
    from unnest(${projects}, ${fingerprints}) with ordinality k (project, fingerprint, position) order by k.position`,
  )
  return found.map(({ id }) => id)
}
