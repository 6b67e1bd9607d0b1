import { rows, sql, type Executor, type SQL } from '@plinth/store'
import type { SchemaRow } from '../registry/rows.ts'
import { schemaColumns } from '../registry/store.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { defaultProject, idOf, subjectOf, type CsrAsk } from './asked.ts'
import { schemaNotFound } from './errors.ts'
import type { CsrParts } from './parts.ts'

const placesMax = 200
const guidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A schema of one project, with the subjects by which the caller may read it. */
export type Found = { row: SchemaRow; places: SubjectPlace[] }

/** The project that a request for a schema is about, by the `subject` beside the id, its context, or the caller. */
export function projectOf(ask: CsrAsk): string | undefined {
  const { subject } = ask.query
  if (subject === undefined || subject === '') return defaultProject(ask)
  // A context without a subject, `:.payments:`, is enough here.
  return subjectOf(ask, /^:\.[^:]+:$/.test(subject) ? `${subject}any` : subject).project
}

const subjectsWith = (db: Executor, { project, id }: Pick<SchemaRow, 'project' | 'id'>): Promise<SubjectPlace[]> =>
  rows<SubjectPlace>(
    db,
    sql`select distinct project, subject from versions where project = ${project} and schema_id = ${id}
    order by subject limit ${placesMax}`,
  )

/** Schemas by id and by digest, of those projects whose subjects the caller may read. */
export function schemaFinder({ store: { db }, places }: Pick<CsrParts, 'store' | 'places'>) {
  async function readable(ask: CsrAsk, condition: SQL, project: string | undefined, countMax: number) {
    const found = await rows<SchemaRow>(
      db,
      sql`select ${schemaColumns} from schemas b where ${condition}
      and ${project === undefined ? sql`true` : sql`b.project = ${project}`} order by b.project limit ${placesMax}`,
    )
    const seen: Found[] = []
    for (const row of found) {
      const visible = await places.visible(ask.who, await subjectsWith(db, row))
      if (visible.length > 0 && seen.push({ row, places: visible }) === countMax) break
    }
    return seen
  }

  async function first(ask: CsrAsk, condition: SQL, name: string): Promise<Found> {
    const [found] = await readable(ask, condition, projectOf(ask), 1)
    if (found === undefined) throw schemaNotFound(`Schema ${name}`)
    return found
  }

  return {
    byId: async (ask: CsrAsk): Promise<Found> => {
      const id = idOf(ask.params.id)
      return first(ask, sql`b.id = ${id}`, String(id))
    },
    byGuid: async (ask: CsrAsk): Promise<Found> => {
      const guid = guidOf(ask)
      return first(ask, sql`b.guid = ${guid}::uuid`, guid)
    },
    /** Wherever the content stands, at most once for each project. */
    allByGuid: async (ask: CsrAsk): Promise<Found[]> => {
      const guid = guidOf(ask)
      const found = await readable(ask, sql`b.guid = ${guid}::uuid`, undefined, placesMax)
      if (found.length === 0) throw schemaNotFound(`Schema ${guid}`)
      return found
    },
  }
}

function guidOf({ params: { guid = '' } }: CsrAsk): string {
  if (guidForm.test(guid)) return guid
  throw schemaNotFound(`Schema ${guid.slice(0, 60)}`)
}
