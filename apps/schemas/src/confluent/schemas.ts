import { rows, sql, type Executor } from '@plinth/store'
import { boundedMemory } from '../registry/memory.ts'
import type { SchemaRow } from '../registry/rows.ts'
import { schemaColumns } from '../registry/store.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { onSubject } from '../rights.ts'
import { schemaAnswer } from './answers.ts'
import { defaultProject, idOf, sendText, shownName, subjectOf, type CsrAsk } from './asked.ts'
import { confluentText } from './content.ts'
import { schemaNotFound } from './errors.ts'
import { page } from './pages.ts'
import type { CsrParts } from './parts.ts'

const answersMax = 100_000
const answersBytesMax = 64 * 1_048_576
/** What one entry takes besides its bytes. */
const entryBytes = 500
const namesMax = 100_000
const placesMax = 200
const guidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A schema of one project, with the subjects by which somebody may have the right to read it. */
type Found = { row: SchemaRow; places: SubjectPlace[] }
type Answer = { bytes: Buffer; project: string; places: readonly SubjectPlace[] }

const subjectsOf = (db: Executor, { project, id }: Pick<SchemaRow, 'project' | 'id'>) =>
  rows<SubjectPlace>(
    db,
    sql`select distinct project, subject from versions where project = ${project} and schema_id = ${id}
    order by subject limit ${placesMax}`,
  )

/** Schemas by their ids, which never change: answers are kept whole, and given after a look at the rights alone. */
export function schemasById(parts: CsrParts) {
  const { db } = parts.store
  const answers = boundedMemory<Answer>(answersMax, answersBytesMax)
  parts.memory.onForget(answers.clear)

  /** The project that the request is about, by its context, the `subject` beside the id, or the caller. */
  function projectOf(ask: CsrAsk): string | undefined {
    const { subject } = ask.query
    if (subject === undefined || subject === '') return defaultProject(ask)
    // A context without a subject, `:.payments:`, is enough here.
    const [, bare] = /^:\.([^:]+):$/.exec(subject) ?? []
    return subjectOf(ask, bare === undefined ? subject : `${subject}any`).project
  }

  /** The first schema with this condition that the caller may read, his own project's before others'. */
  async function find(ask: CsrAsk, condition: ReturnType<typeof sql>, what: string): Promise<Found> {
    const project = projectOf(ask)
    const found = await rows<SchemaRow>(
      db,
      sql`select ${schemaColumns} from schemas b where ${condition}
      and ${project === undefined ? sql`true` : sql`b.project = ${project}`} order by b.project limit ${placesMax}`,
    )
    for (const row of found) {
      const places = await parts.places.visible(ask.who, await subjectsOf(db, row))
      if (places.length > 0) return { row, places }
    }
    throw schemaNotFound(what)
  }

  const byId = (ask: CsrAsk): Promise<Found> => {
    const id = idOf(ask.params.id)
    return find(ask, sql`b.id = ${id}`, `Schema ${id}`)
  }

  async function byGuid(ask: CsrAsk): Promise<Found> {
    const { guid = '' } = ask.params
    if (!guidForm.test(guid)) throw schemaNotFound(`Schema ${guid.slice(0, 60)}`)
    return find(ask, sql`b.guid = ${guid}::uuid`, `Schema ${guid}`)
  }

  async function written({ row }: Found, { query }: CsrAsk): Promise<string> {
    const text = await confluentText(db, row, query.format)
    const newest = query.fetchMaxId === true ? await maxId(row.project) : undefined
    return JSON.stringify({ ...schemaAnswer(row, { text, query }), ...(newest !== undefined && { maxId: newest }) })
  }

  async function maxId(project: string): Promise<number> {
    const [found] = await rows<{ highest: number }>(
      db,
      sql`select max(id) as highest from schemas where project = ${project}`,
    )
    return found?.highest ?? 0
  }

  /** Bytes that were sent before, where the caller may read one of the subjects that they stand in. */
  async function kept(ask: CsrAsk, key: string): Promise<Buffer | undefined> {
    const renewing = parts.memory.renew()
    if (renewing !== undefined) await renewing
    const known = answers.get(key)
    if (known === undefined) return undefined
    if (known.places.some((place) => parts.rights.isKnownAllowed(ask.who, onSubject('get', place)))) return known.bytes
    return (await parts.places.visible(ask.who, known.places)).length > 0 ? known.bytes : undefined
  }

  async function get(ask: CsrAsk): Promise<void> {
    const { id = '' } = ask.params
    const { format = '', fetchMaxId, findTags, referenceFormat = '' } = ask.query
    const isPlain = fetchMaxId !== true && findTags === undefined
    const key = isPlain ? `${projectOf(ask) ?? ''}\n${id}\n${format}\n${referenceFormat}` : undefined
    const known = key === undefined ? undefined : await kept(ask, key)
    if (known !== undefined) return sendText(ask, known)
    const generation = parts.memory.generation()
    const found = await byId(ask)
    const bytes = Buffer.from(await written(found, ask))
    if (key !== undefined && generation === parts.memory.generation()) {
      const { row, places } = found
      answers.set(key, { bytes, project: row.project, places }, bytes.length + key.length + entryBytes)
    }
    sendText(ask, bytes)
  }

  async function versionsOf(ask: CsrAsk): Promise<{ project: string; subject: string; version: number }[]> {
    const { row } = await byId(ask)
    const { subject, deleted = false } = ask.query
    const isContext = subject === undefined || subject === '' || subject.endsWith(':')
    const only = isContext ? sql`true` : sql`subject = ${subjectOf(ask, subject).subject}`
    const found = await rows<SubjectPlace & { version: number }>(
      db,
      sql`select project, subject, version from versions where project = ${row.project} and schema_id = ${row.id}
      and (${deleted} or not deleted) and ${only} order by subject, version limit ${namesMax}`,
    )
    return parts.places.visible(ask.who, found)
  }

  return {
    get,

    async getText(ask: CsrAsk): Promise<void> {
      const { row } = await byId(ask)
      sendText(ask, await confluentText(db, row, ask.query.format))
    },

    async listSubjects(ask: CsrAsk): Promise<string[]> {
      const found = await versionsOf(ask)
      return page(ask.query, namesMax).of([...new Set(found.map((place) => shownName(ask, place)))])
    },

    async listVersions(ask: CsrAsk): Promise<{ subject: string; version: number }[]> {
      const found = await versionsOf(ask)
      const shown = found.map((place) => ({ subject: shownName(ask, place), version: place.version }))
      return page(ask.query, namesMax).of(shown)
    },

    async getByGuid(ask: CsrAsk): Promise<unknown> {
      return JSON.parse(await written(await byGuid(ask), ask))
    },

    /** In which contexts a content is known, and by which id. */
    async listIdsOfGuid(ask: CsrAsk): Promise<{ context: string; id: number }[]> {
      const { guid = '' } = ask.params
      if (!guidForm.test(guid)) throw schemaNotFound(`Schema ${guid.slice(0, 60)}`)
      const found = await rows<{ project: string; id: number }>(
        db,
        sql`select project, id from schemas where guid = ${guid}::uuid order by project limit ${placesMax}`,
      )
      const seen: { context: string; id: number }[] = []
      for (const { project, id } of found)
        if ((await parts.places.visible(ask.who, await subjectsOf(db, { project, id }))).length > 0)
          seen.push({ context: `.${project}`, id })
      if (seen.length === 0) throw schemaNotFound(`Schema ${guid}`)
      return seen
    },
  }
}
