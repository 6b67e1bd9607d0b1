import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Executor, Store } from '@plinth/store'
import type { Incompatibility } from '../formats/format.ts'
import { unreadable } from '../formats/formats.ts'
import { readGovernance, type GovernanceRow } from '../governance/store.ts'
import { taggedFields, type TaggedField } from '../governance/tags.ts'
import { schemaOf } from '../registry/parsed.ts'
import type { VersionRow } from '../registry/rows.ts'
import { policyOf, readConfig } from '../registry/settings.ts'
import { findSubject, readVersion } from '../registry/store.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import type { Visible } from '../impact/visible.ts'
import { deployedUses, seenUses } from '../reviews/affected.ts'
import { laidOut, lineDiff } from '../reviews/line-diff.ts'
import type { CallerRights } from '../rights.ts'
import { fieldChanges } from './field-changes.ts'
import { matchesOf } from './matches.ts'
import { findEntries, searchedProjects, type Filters, type SearchRow } from './store.ts'
import { queryWords } from './words.ts'

export type SearchParts = { store: Pick<Store, 'db'>; rights: Pick<CallerRights, 'allowed'>; visible: Visible }
type Asked = Filters & { q?: string; limit?: number; cursor?: string }

const fieldsMax = 5_000
const hitDocMax = 300
const incompatibilitiesMax = 200

/** Finding schemas, and reading them as documentation and side by side. */
export const searchUseCases = ({ store, rights, visible }: SearchParts) => ({
  /** In the projects whose schemas the caller may list, and in no other. */
  async everywhere(who: Identity, { project, ...asked }: Asked & { project?: string }) {
    const projects = project === undefined ? await searchedProjects(store.db) : [project]
    const allowed = await rights.allowed(
      who,
      projects.map((domain) => ({ action: 'list', object: 'schema', domain })),
    )
    return find(
      store.db,
      projects.filter((_project, index) => allowed[index] === true),
      asked,
    )
  },

  inProject: (project: string, asked: Asked) => find(store.db, [project], asked),

  async documentation(who: Identity, place: SubjectPlace, version: string) {
    const row = await mustRead(store.db, place, version)
    const [schema, governance, subject, uses] = await Promise.all([
      schemaOf(store.db, row),
      readGovernance(store.db, place),
      findSubject(store.db, place.project, place.subject),
      deployedUses(store.db, place),
    ])
    const fields = taggedFields(schema, governance.fieldTags, row.metadata)
    return {
      ...place,
      version: row.version,
      latest: subject?.latestVersion ?? row.version,
      id: row.id,
      type: row.type,
      ...(schema.title !== undefined && { title: schema.title }),
      ...documented(schema.doc, governance),
      fields: fields.slice(0, fieldsMax).map(fieldView),
      references: row.references,
      usedBy: (await seenUses(visible, who, place.project, uses)).shown,
    }
  },

  async difference(place: SubjectPlace, { from, to = 'latest' }: { from: string; to?: string }) {
    const [one, other] = [await mustRead(store.db, place, from), await mustRead(store.db, place, to)]
    const [before, after] = [await schemaOf(store.db, one), await schemaOf(store.db, other)]
    const { fieldTags } = await readGovernance(store.db, place)
    const policy = policyOf((await readConfig(store.db, place)).effective)
    const { lines, truncated } = lineDiff(one.schema, other.schema)
    const [left, right] = [
      taggedFields(before, fieldTags, one.metadata),
      taggedFields(after, fieldTags, other.metadata),
    ]
    return {
      ...place,
      from: sideView(one),
      to: sideView(other),
      fields: fieldChanges(left.map(fieldView), right.map(fieldView)).slice(0, fieldsMax),
      lines,
      linesTruncated: truncated,
      backward: verdictOf(unreadable(after, before, policy)),
      forward: verdictOf(unreadable(before, after, policy)),
    }
  },
})
export type SearchUseCases = ReturnType<typeof searchUseCases>

async function find(db: Executor, projects: readonly string[], { q = '', limit = 50, cursor, ...filters }: Asked) {
  const words = queryWords(q)
  // A question of signs alone is a question still: nothing has them.
  if (projects.length === 0 || (q.trim() !== '' && words.length === 0)) return { items: [] }
  const page = await findEntries(db, { projects, words, filters, limit, ...(cursor !== undefined && { cursor }) })
  return { ...page, items: page.items.map((row) => hitOf(row, words)) }
}

function hitOf(row: SearchRow, words: readonly string[]) {
  const { project, subject, version, type, title, doc, owner, lifecycle, tags } = row
  return {
    project,
    subject,
    version,
    type,
    ...(title !== null && { title }),
    ...(doc !== null && { doc: doc.slice(0, hitDocMax) }),
    ...(owner !== null && { owner }),
    lifecycle,
    tags,
    matches: matchesOf(row, words),
  }
}

async function mustRead(db: Executor, { project, subject }: SubjectPlace, version: string): Promise<VersionRow> {
  const row = await readVersion(db, project, subject, version === 'latest' ? 'latest' : Number(version))
  if (row !== undefined) return row
  if ((await findSubject(db, project, subject)) === undefined)
    throw failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })
  throw failure('schemas.version_unknown', { detail: `'${subject}' has no version ${version}.` })
}

const fieldView = ({ path, type, required, doc, default: given, tags }: TaggedField) => ({
  path,
  type,
  required,
  ...(doc !== undefined && { doc }),
  ...(given !== undefined && { default: given }),
  tags: [...tags],
})

/** What people say of the subject comes before what the schema says of itself. */
const documented = (written: string | undefined, { description, owner, lifecycle, tags }: GovernanceRow) => ({
  ...((description || written) && { doc: [description, written].filter(Boolean).join('\n\n') }),
  ...(owner !== null && { owner }),
  lifecycle,
  tags,
})

const sideView = ({ version, type, schema }: VersionRow) => ({ version, type, schema: laidOut(schema) })

const verdictOf = (found: readonly Incompatibility[]) => ({
  compatible: found.length === 0,
  incompatibilities: found.slice(0, incompatibilitiesMax),
})
