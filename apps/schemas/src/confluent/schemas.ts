import { rows, sql, type Executor } from '@plinth/store'
import { boundedMemory } from '../registry/memory.ts'
import type { SchemaRow } from '../registry/rows.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { onSubject } from '../rights.ts'
import { schemaAnswer } from './answers.ts'
import { sendText, shownName, subjectOf, type CsrAsk } from './asked.ts'
import { confluentText } from './content.ts'
import { page } from './pages.ts'
import type { CsrParts } from './parts.ts'
import { projectOf, schemaFinder } from './schema-finder.ts'
import { schemaTags } from './schema-tags.ts'

const answersMax = 100_000
const answersBytesMax = 64 * 1_048_576
/** What one entry takes besides its bytes and its key; measured over 48,000 of them. */
const entryBytes = 1_000
const namesMax = 100_000

type Answer = { bytes: Buffer; places: readonly SubjectPlace[] }

async function maxId(db: Executor, project: string): Promise<number> {
  const [found] = await rows<{ highest: number }>(
    db,
    sql`select max(id) as highest from schemas where project = ${project}`,
  )
  return found?.highest ?? 0
}

async function answerOf(db: Executor, row: SchemaRow, { query }: CsrAsk) {
  const text = await confluentText(db, row, query.format)
  const tags = await schemaTags(db, row, query.findTags)
  const newest = query.fetchMaxId === true ? await maxId(db, row.project) : undefined
  return { ...schemaAnswer(row, { text, tags, query }), ...(newest !== undefined && { maxId: newest }) }
}

/** In memory of its own: a piece of Node's shared pool would keep all of the pool's 8 KiB for as long as it is kept. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}

/** Nothing where the answer is more than the schema itself, which never changes. */
function keyOf(ask: CsrAsk): string | undefined {
  const { format = '', fetchMaxId, findTags, referenceFormat = '' } = ask.query
  if (fetchMaxId === true || findTags !== undefined) return undefined
  return `${projectOf(ask) ?? ''}\n${ask.params.id}\n${format}\n${referenceFormat}`
}

/** Schemas by their ids: answers are kept whole, and given after a look at the rights alone. */
export function schemasById(parts: CsrParts) {
  const { db } = parts.store
  const find = schemaFinder(parts)
  const answers = boundedMemory<Answer>(answersMax, answersBytesMax)
  parts.memory.onDeletion(answers.clear)

  /** Bytes that were sent before, where the caller may read one of the subjects that they stand in. */
  async function kept(ask: CsrAsk, key: string): Promise<Buffer | undefined> {
    const renewing = parts.memory.renew()
    if (renewing !== undefined) await renewing
    const known = answers.get(key)
    if (known === undefined) return undefined
    const isAllowed =
      known.places.some((place) => parts.rights.isKnownAllowed(ask.who, onSubject('get', place))) ||
      (await parts.places.visible(ask.who, known.places)).length > 0
    return isAllowed ? known.bytes : undefined
  }

  return {
    async get(ask: CsrAsk): Promise<void> {
      const key = keyOf(ask)
      const known = key === undefined ? undefined : await kept(ask, key)
      if (known !== undefined) return sendText(ask, known)
      const deletions = parts.memory.deletions()
      const { row, places } = await find.byId(ask)
      const bytes = bytesOf(JSON.stringify(await answerOf(db, row, ask)))
      if (key !== undefined && deletions === parts.memory.deletions())
        answers.set(key, { bytes, places }, bytes.length + key.length + entryBytes)
      sendText(ask, bytes)
    },

    async getText(ask: CsrAsk): Promise<void> {
      const { row } = await find.byId(ask)
      sendText(ask, await confluentText(db, row, ask.query.format))
    },

    getByGuid: async (ask: CsrAsk) => answerOf(db, (await find.byGuid(ask)).row, ask),

    /** In which contexts a content is known, and by which id. */
    listIdsOfGuid: async (ask: CsrAsk) =>
      (await find.allByGuid(ask)).map(({ row }) => ({ context: `.${row.project}`, id: row.id })),
  }
}

/** Where a schema stands. */
export function usesOfSchemas(parts: CsrParts) {
  const find = schemaFinder(parts)

  async function versionsOf(ask: CsrAsk): Promise<(SubjectPlace & { version: number })[]> {
    const { row } = await find.byId(ask)
    const { subject, deleted = false } = ask.query
    const isContext = subject === undefined || subject === '' || subject.endsWith(':')
    const only = isContext ? sql`true` : sql`subject = ${subjectOf(ask, subject).subject}`
    const found = await rows<SubjectPlace & { version: number }>(
      parts.store.db,
      sql`select project, subject, version from versions where project = ${row.project} and schema_id = ${row.id}
      and (${deleted} or not deleted) and ${only} order by subject, version limit ${namesMax}`,
    )
    return parts.places.visible(ask.who, found)
  }

  return {
    async listSubjects(ask: CsrAsk): Promise<string[]> {
      const found = await versionsOf(ask)
      return page(ask.query, namesMax).of([...new Set(found.map((place) => shownName(ask, place)))])
    },

    async listVersions(ask: CsrAsk): Promise<{ subject: string; version: number }[]> {
      const found = await versionsOf(ask)
      return page(ask.query, namesMax).of(
        found.map((place) => ({ subject: shownName(ask, place), version: place.version })),
      )
    },
  }
}
