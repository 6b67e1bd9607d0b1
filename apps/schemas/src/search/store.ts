import type { SchemaKind, SubjectLifecycle } from '@plinth/contracts'
import { decodeCursor, pageOf, rows, sql, type Executor, type PageOf, type SQL } from '@plinth/store'
import type { IndexedField } from './indexer.ts'
import { queryText } from './words.ts'

export type SearchRow = {
  project: string
  subject: string
  version: number
  type: SchemaKind
  title: string | null
  doc: string | null
  owner: string | null
  lifecycle: SubjectLifecycle
  tags: string[]
  fields: IndexedField[]
}
export type Filters = {
  tag?: string
  owner?: string
  lifecycle?: SubjectLifecycle
  type?: SchemaKind
}
type Search = {
  projects: readonly string[]
  words: readonly string[]
  filters: Filters
  limit: number
  cursor?: string
}
type Found = SearchRow & { rank: number }

const projectsMax = 10_000

/** Every project that has something to find; steps through the index instead of reading all of it. */
export async function searchedProjects(db: Executor): Promise<string[]> {
  const found = await rows<{ project: string }>(
    db,
    sql`with recursive p (project) as (
      (select project from search_entries order by project limit 1)
      union all
      select (select e.project from search_entries e where e.project > p.project order by e.project limit 1) from p
      where p.project is not null
    ) select project from p where project is not null limit ${projectsMax}`,
  )
  return found.map(({ project }) => project)
}

/**
 * Subjects whose name has all the words come first, then those that have them anywhere; each by project and name. Order
 * by a rank would have to look at all that is found for each page; this looks at one page.
 */
export async function findEntries(
  db: Executor,
  { projects, words, filters, limit, cursor }: Search,
): Promise<PageOf<SearchRow>> {
  const [from, project, subject] =
    cursor === undefined ? [0, '', ''] : decodeCursor(cursor, ['number', 'string', 'string'])
  const wanted = limit + 1
  const found: Found[] = []
  for (const rank of words.length === 0 ? [0] : [0, 1]) {
    if (rank < from || found.length >= wanted) continue
    const after = rank === from ? sql`(e.project, e.subject) > (${project}, ${subject})` : sql`true`
    const conditions = [after, ...where(projects, words, filters, rank)]
    found.push(...(await page(db, conditions, rank, wanted - found.length)))
  }
  const result = pageOf(found, limit, (last) => [last.rank, last.project, last.subject])
  return { ...result, items: result.items.map(({ rank: _rank, ...row }) => row) }
}

function where(projects: readonly string[], words: readonly string[], filters: Filters, rank: number): SQL[] {
  const named = sql`e.words @@ ${queryText(words, 'A')}::tsquery`
  const [only] = projects
  return [
    projects.length === 1 && only !== undefined
      ? sql`e.project = ${only}`
      : sql`e.project = any(array(select jsonb_array_elements_text(${JSON.stringify(projects)}::jsonb)))`,
    ...(words.length === 0
      ? []
      : rank === 0
        ? [named]
        : [sql`e.words @@ ${queryText(words)}::tsquery and not (${named})`]),
    ...(filters.tag === undefined ? [] : [sql`e.tags @> array[${filters.tag}]::text[]`]),
    ...(filters.owner === undefined ? [] : [sql`e.owner = ${filters.owner}`]),
    ...(filters.lifecycle === undefined ? [] : [sql`e.lifecycle = ${filters.lifecycle}`]),
    ...(filters.type === undefined ? [] : [sql`e.type = ${filters.type}`]),
  ]
}

const page = (db: Executor, conditions: readonly SQL[], rank: number, limit: number): Promise<Found[]> =>
  rows<Found>(
    db,
    sql`select e.project, e.subject, e.version, e.type, e.title, e.doc, e.owner, e.lifecycle, to_json(e.tags) as tags,
      e.fields, ${rank}::int as rank
    from search_entries e where ${sql.join([...conditions], sql` and `)} order by e.project, e.subject limit ${limit}`,
  )
