import { failure, type SchemaKind } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { NamedText, Schema } from '../formats/format.ts'
import { parseSchema } from '../formats/formats.ts'
import { placeOfReference } from './subject-name.ts'
import type { Reference, VersionRow } from './rows.ts'
import { readVersion } from './store.ts'

const entriesMax = 1_000
const bytesMax = 32 * 1_048_576
/** Of all that a schema refers to, over all steps. */
const referencesMax = 200
const referenceDepthMax = 20
const referenceBytesMax = 4 * 1_048_576

type Entry = { schema: Schema; bytes: number }

/** Parsed schemas that were used last. Content never changes under its fingerprint, so nothing in here grows old. */
const parsed = new Map<string, Entry>()
let parsedBytes = 0

function remember(key: string, entry: Entry): void {
  parsed.set(key, entry)
  parsedBytes += entry.bytes
  for (const [oldest, { bytes }] of parsed) {
    if (parsed.size <= entriesMax && parsedBytes <= bytesMax) return
    parsed.delete(oldest)
    parsedBytes -= bytes
  }
}

export type Unparsed = { project: string; type: SchemaKind; schema: string; references: readonly Reference[] }

/**
 * A schema of text that nobody has registered yet, with what it refers to read from the registry.
 * @throws schemas.schema_invalid with the place, also where a reference names no version or the references are too many
 */
export const parseWith = async (db: Executor, { project, type, schema, references }: Unparsed): Promise<Schema> =>
  parseSchema(type, { text: schema, references: await textsOf(db, project, references) })

/** The schema of a version, parsed once while it is in use. */
export async function schemaOf(
  db: Executor,
  row: Pick<VersionRow, 'project' | 'type' | 'schema' | 'references' | 'fingerprint'>,
): Promise<Schema> {
  const key = `${row.project}/${row.fingerprint}`
  const known = parsed.get(key)
  if (known !== undefined) {
    parsed.delete(key)
    parsed.set(key, known)
    return known.schema
  }
  const references = await textsOf(db, row.project, row.references)
  const schema = parseSchema(row.type, { text: row.schema, references })
  const bytes = references.reduce((sum, { text }) => sum + text.length, row.schema.length)
  remember(key, { schema, bytes })
  return schema
}

type Walk = { found: Map<string, NamedText>; open: Set<string>; bytes: number }

/** All that is referred to, over all steps, each once under the name it is first met by, what is needed first. */
async function textsOf(db: Executor, project: string, references: readonly Reference[]): Promise<NamedText[]> {
  const walk: Walk = { found: new Map(), open: new Set(), bytes: 0 }
  await follow(db, project, references, walk, 0)
  return [...walk.found.values()]
}

async function follow(
  db: Executor,
  project: string,
  references: readonly Reference[],
  walk: Walk,
  depth: number,
): Promise<void> {
  if (depth > referenceDepthMax) throw tooMuch(`references are nested more than ${referenceDepthMax} deep`)
  for (const { name, subject, version } of references) {
    if (walk.found.has(name)) continue
    const place = placeOfReference(project, subject)
    const key = `${place.project}/${place.subject}/${version}`
    if (walk.open.has(key)) throw tooMuch(`${subject} refers to itself`)
    // A version that is deleted softly still holds for those who refer to it.
    const row = await readVersion(db, place.project, place.subject, version < 0 ? 'latest' : version, {
      deleted: version >= 0,
    })
    if (row === undefined) throw referenceUnknown(name, subject, version)
    walk.open.add(key)
    await follow(db, place.project, row.references, walk, depth + 1)
    walk.open.delete(key)
    walk.bytes += row.schema.length
    walk.found.set(name, { name, text: row.schema })
    if (walk.found.size > referencesMax) throw tooMuch(`there are more than ${referencesMax} references`)
    if (walk.bytes > referenceBytesMax) throw tooMuch('the references are larger than 4 MiB together')
  }
}

const invalid = (message: string): Error =>
  failure('schemas.schema_invalid', {
    detail: `The schema is not valid: ${message}.`,
    problems: [{ path: '/references', message }],
  })
const tooMuch = invalid
const referenceUnknown = (name: string, subject: string, version: number): Error =>
  invalid(`'${name}' refers to version ${version < 0 ? 'latest' : version} of '${subject}', which is not there`)
