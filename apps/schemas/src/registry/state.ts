import { plannedRows, sql, type Executor } from '@plinth/store'
import type { VersionRow } from './rows.ts'
import { aroundScope, effectiveConfig, effectiveMode, type Config, type Mode, type Scope } from './settings.ts'
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

/** Read in one statement, so that it all is of one moment. */
export async function readState(db: Executor, place: SubjectPlace): Promise<SubjectState> {
  const { project, subject } = place
  const around = aroundScope(place)
  const [found] = await plannedRows<Row>(
    db,
    'schemas_state',
    sql`select
      (select json_agg(c) from (select project, subject, settings from scope_configs where ${around}) c) as configs,
      (select json_agg(m) from (select project, subject, mode from scope_modes where ${around}) m) as modes,
      (select to_json(l) from (select ${versionColumns} ${fromVersions} where v.project = ${project} and v.subject = ${subject}
        and not v.deleted order by v.version desc limit 1) l) as latest,
      (select max(version) from versions where project = ${project} and subject = ${subject}) as highest,
      (select value::text from registry_generation) as generation`,
  )
  return {
    config: effectiveConfig(found?.configs ?? []),
    mode: effectiveMode(found?.modes ?? []),
    latest: found?.latest ?? undefined,
    highest: found?.highest ?? 0,
    generation: found?.generation ?? '0',
  }
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

/** The id that the content has in the project, else one that is given now and never again. */
export async function takeId(db: Executor, project: string, fingerprint: string): Promise<number> {
  const [found] = await plannedRows<{ id: number }>(
    db,
    'schemas_take_id',
    sql`select coalesce((select id from schemas where project = ${project} and fingerprint = ${fingerprint}),
      nextval('schema_ids'))::integer as id`,
  )
  if (found === undefined) throw new Error('the sequence of ids gave none')
  return found.id
}
