import type { SchemaKind, SubjectLifecycle } from '@plinth/contracts'
import { pause, type Logger, type Worker } from '@plinth/kernel'
import { rows, sql, type Store, type Tx } from '@plinth/store'
import type { Schema } from '../formats/format.ts'
import { taggedFields, type FieldTags, type TaggedField } from '../governance/tags.ts'
import { schemaOf } from '../registry/parsed.ts'
import type { SchemaRow } from '../registry/rows.ts'
import { schemaColumns } from '../registry/store.ts'
import { vectorText } from './words.ts'

type Place = { project: string; subject: string }
type Newest = SchemaRow & {
  subject: string
  version: number
  owner: string | null
  lifecycle: SubjectLifecycle | null
  subjectTags: string[] | null
  description: string | null
  fieldTags: FieldTags | null
}

const batchMax = 200
const pollMs = 250
const betweenBatchesMs = 10
const failedMs = 2_000
const fieldsMax = 300
const fieldDocMax = 120
const docMax = 4_000

/**
 * Keeps what can be searched up to date, soon after each change and not within it. What is behind is noted by triggers
 * in the transaction of the change, so nothing is missed; one process at a time does the work.
 */
export function searchIndexer(store: Pick<Store, 'transaction'>, logger: Logger): Worker {
  const log = logger.child({ worker: 'schema search' })
  let stopping = new AbortController()
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const waitMs = await indexBatch(store, log).then(
        (done) => (done < batchMax ? pollMs : betweenBatchesMs),
        (error: unknown) => {
          log.warn({ error: String(error) }, 'the search could not be brought up to date, trying again')
          return failedMs
        },
      )
      await pause(waitMs, stopping.signal)
    }
  }
  return {
    name: 'schema search',
    start() {
      stopping = new AbortController()
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** How many notes were worked off. */
function indexBatch(store: Pick<Store, 'transaction'>, log: Logger): Promise<number> {
  return store.transaction(async (tx) => {
    const [mine] = await rows<{ locked: boolean }>(
      tx,
      sql`select pg_try_advisory_xact_lock(hashtextextended('schema search', 0)) as locked`,
    )
    if (mine?.locked !== true) return 0
    const taken = await rows<Place>(
      tx,
      sql`delete from search_pending where id in (select id from search_pending order by id limit ${batchMax})
      returning project, subject`,
    )
    if (taken.length > 0) await index(tx, taken, log)
    return taken.length
  })
}

async function index(tx: Tx, taken: readonly Place[], log: Logger): Promise<void> {
  const places = [...new Map(taken.map((place) => [`${place.project}/${place.subject}`, place])).values()]
  const wanted = sql`(select * from jsonb_to_recordset(${JSON.stringify(places)}::jsonb) as p (project text, subject text)) p`
  const newest = await rows<Newest>(
    tx,
    sql`select ${schemaColumns}, v.subject, v.version, g.owner, g.lifecycle, to_json(g.tags) as "subjectTags",
      g.description, g.field_tags as "fieldTags"
    from ${wanted} join subjects s on s.project = p.project and s.name = p.subject and s.latest_version > 0
    join versions v on v.project = p.project and v.subject = p.subject and v.version = s.latest_version
    join schemas b on b.project = v.project and b.id = v.schema_id
    left join subject_governance g on g.project = p.project and g.subject = p.subject`,
  )
  await tx.execute(sql`delete from search_entries e using ${wanted} where e.project = p.project and e.subject = p.subject
    and not exists (select 1 from subjects s where s.project = p.project and s.name = p.subject and s.latest_version > 0)`)
  // A subject that is gone for good takes with it what was said of it; another of its name begins anew.
  await tx.execute(sql`delete from subject_governance g using ${wanted} where g.project = p.project and g.subject = p.subject
    and not exists (select 1 from versions v where v.project = p.project and v.subject = p.subject)`)
  const entries = []
  for (const row of newest) entries.push(entryOf(row, await readable(tx, row, log)))
  if (entries.length > 0) await write(tx, entries)
}

/** A schema that can't be read any more, since what it refers to is gone, is still found by its name. */
async function readable(tx: Tx, row: Newest, log: Logger): Promise<Schema | undefined> {
  try {
    return await schemaOf(tx, row)
  } catch (error) {
    log.debug({ project: row.project, subject: row.subject, error: String(error) }, 'a schema could not be read')
    return undefined
  }
}

export type IndexedField = { path: string; doc?: string }
type Entry = Place & {
  version: number
  type: SchemaKind
  title: string | null
  doc: string | null
  owner: string | null
  lifecycle: SubjectLifecycle
  tags: string[]
  fields: IndexedField[]
  words: string
}

function entryOf(row: Newest, schema: Schema | undefined): Entry {
  const fields = schema === undefined ? [] : taggedFields(schema, row.fieldTags ?? {}, row.metadata)
  const tags = [...new Set([...(row.subjectTags ?? []), ...fields.flatMap((field) => field.tags)])].slice(0, 200)
  const doc = [row.description ?? '', schema?.doc ?? '']
    .filter((text) => text !== '')
    .join('\n')
    .slice(0, docMax)
  const title = schema?.title?.slice(0, 300) ?? null
  return {
    project: row.project,
    subject: row.subject,
    version: row.version,
    type: row.type,
    title,
    doc: doc === '' ? null : doc,
    owner: row.owner,
    lifecycle: row.lifecycle ?? 'active',
    tags,
    fields: fields.slice(0, fieldsMax).map(indexedField),
    words: vectorText([
      ['A', row.subject],
      ['B', title ?? ''],
      ['B', row.owner ?? ''],
      ['B', tags.join(' ')],
      ...fields.map(({ path }) => ['C', path] as const),
      ['D', doc],
      ...fields.map((field) => ['D', field.doc ?? ''] as const),
    ]),
  }
}

const indexedField = ({ path, doc }: TaggedField): IndexedField => ({
  path,
  ...(doc !== undefined && { doc: doc.slice(0, fieldDocMax) }),
})

async function write(tx: Tx, entries: readonly Entry[]): Promise<void> {
  await tx.execute(sql`insert into search_entries (project, subject, version, type, title, doc, owner, lifecycle, tags, fields, words)
    select project, subject, version, type, title, doc, owner, lifecycle, array(select jsonb_array_elements_text(tags)), fields, words::tsvector
    from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb) as e (project text, subject text, version integer, type text,
      title text, doc text, owner text, lifecycle text, tags jsonb, fields jsonb, words text)
    on conflict (project, subject) do update set version = excluded.version, type = excluded.type, title = excluded.title,
      doc = excluded.doc, owner = excluded.owner, lifecycle = excluded.lifecycle, tags = excluded.tags,
      fields = excluded.fields, words = excluded.words`)
}
