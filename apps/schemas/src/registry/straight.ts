import { schemaRegistered } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendRows, auditRow, outboxRow, plannedRows, sql, wakeOutbox, type Db } from '@plinth/store'
import { isOvertaken } from './again.ts'
import type { Prepared } from './prepare.ts'
import type { VersionRow } from './rows.ts'
import type { SubjectState } from './state.ts'
import type { SubjectPlace } from './subject-name.ts'
import { lockKeyOf } from './write-store.ts'

/**
 * Writes a version with its content, subject, audit row and event in one statement, which is a transaction by itself:
 * six journeys to the database less than with one around it. Undefined, and nothing written, where anything that led to
 * it is different by now; then it has to be done under the subject's lock.
 */
export async function writeStraight(
  db: Db,
  who: Identity,
  place: SubjectPlace,
  { prepared, state, id, at }: { prepared: Prepared; state: SubjectState; id: number; at: Date },
): Promise<VersionRow | undefined> {
  const { project, subject } = place
  const { content, body, fingerprint, guid } = prepared
  const { type, canonical, metadata, ruleSet } = content
  const version = state.highest + 1
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))
  const time = at.toISOString()
  const facts = [
    auditRow(db, 'schemas', who, {
      action: 'schema.register',
      project,
      object: `schema/${subject}`,
      detail: { version, id },
    }),
    outboxRow(db, schemaRegistered, {
      project,
      entity: subject,
      actor: who.subject,
      data: { project, subject, version, id, schemaType: type, actor: who.subject },
    }),
  ]
  const statement = sql`with unchanged as materialized (
      select 1 from registry_generation where value = ${state.generation}::bigint and pg_try_advisory_xact_lock(${lockKeyOf(project, subject)})
    ), made as (
      insert into schemas (project, id, kind, body, canonical, fingerprint, guid, refs, metadata, rule_set, created_at)
      select ${project}, ${id}::integer, ${type}, ${body}, ${canonical === body ? null : canonical}, ${fingerprint}, ${guid}::uuid,
        '[]'::jsonb, ${json(metadata)}::jsonb, ${json(ruleSet)}::jsonb, ${time}::timestamptz from unchanged
      on conflict do nothing returning id
    ), content as (
      select id from made union all
      select id from schemas where project = ${project} and id = ${id} and fingerprint = ${fingerprint} and exists (select 1 from unchanged)
    ), subject as (
      insert into subjects (project, name, type, latest_version, updated_at)
      select ${project}, ${subject}, ${type}, ${version}::integer, ${time}::timestamptz from content
      on conflict (project, name) do update set updated_at = excluded.updated_at, type = excluded.type,
        latest_version = greatest(subjects.latest_version, excluded.latest_version)
    ), version as (
      insert into versions (project, subject, version, schema_id, created_at, created_by)
      select ${project}, ${subject}, ${version}::integer, id, ${time}::timestamptz, ${who.subject} from content returning version
    ), told as (${appendRows(facts, sql`exists (select 1 from version)`)})
    select version from version`
  try {
    const [made] = await plannedRows<{ version: number }>(db, 'schemas_write_straight', statement)
    if (made === undefined) return undefined
  } catch (error) {
    if (isOvertaken(error)) return undefined
    throw error
  }
  wakeOutbox(db)
  const kept = { project, subject, version, id, type, schema: body, canonical, fingerprint, guid, metadata, ruleSet }
  return { ...kept, references: [], deleted: false, createdAt: time, createdBy: who.subject }
}
