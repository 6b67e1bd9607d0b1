import { shownName, type CsrAsk } from './asked.ts'
import { placeOfReference, qualifiedName } from '../registry/subject-name.ts'
import type { Reference, SchemaRow, VersionRow } from '../registry/rows.ts'

/** Without what is empty, as Confluent's own answers are. */
export function filled<const T extends Record<string, unknown>>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => {
      if (value === undefined || value === null || value === '') return false
      return typeof value !== 'object' || Object.keys(value).length > 0
    }),
  ) as Partial<T>
}

type Shown = { text?: string | undefined; tags?: unknown; query?: Pick<CsrAsk['query'], 'referenceFormat'> }

/** A schema as Confluent's answers have it; `text` is another form of it than the canonical one. */
export const schemaAnswer = (row: SchemaRow, { text = row.canonical, query, tags }: Shown = {}) =>
  filled({
    schema: text,
    // Confluent's clients take a schema without a type for Avro, and some compare the two.
    schemaType: row.type,
    references: query?.referenceFormat === 'qualified' ? qualified(row) : row.references,
    metadata: row.metadata,
    ruleSet: row.ruleSet,
    guid: row.guid,
    schemaTags: tags,
  })

const qualified = ({ project, references }: SchemaRow): Reference[] =>
  references.map(({ subject, ...rest }) => ({ ...rest, subject: qualifiedName(placeOfReference(project, subject)) }))

/** A version of a subject. */
export const versionAnswer = (
  ask: Pick<CsrAsk, 'params' | 'who' | 'query'>,
  row: VersionRow,
  shown: Omit<Shown, 'query'> = {},
) => ({
  subject: shownName(ask, row),
  version: row.version,
  id: row.id,
  ...schemaAnswer(row, { ...shown, query: ask.query }),
  ts: Date.parse(row.createdAt),
  ...(row.deleted && { deleted: true }),
})
