import { createHash } from 'node:crypto'
import { boundedMemory } from '../registry/memory.ts'
import { lookUp, type NewSchema } from '../registry/prepare.ts'
import { Incompatible, RegistrationRefused } from '../registry/refusals.ts'
import type { VersionRow } from '../registry/rows.ts'
import { readVersion } from '../registry/store.ts'
import { isSubjectName, type SubjectPlace } from '../registry/subject-name.ts'
import { schemaAnswer, versionAnswer } from './answers.ts'
import type { CsrAsk, RegisterBody } from './asked.ts'
import { explained } from './explain.ts'
import { refusal, schemaNotFound, subjectNotFound } from './errors.ts'
import type { CsrParts } from './parts.ts'
import { newSchemaOf } from './requests.ts'
import { tagsAfter } from './schema-tags.ts'

const codes = {
  'read-only': 42205,
  importing: 42205,
  'not-importing': 42205,
  'id-taken': 42207,
  'version-not-next': 42201,
} as const

/** A refusal of the registry in the words of Confluent's API. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof RegistrationRefused) return refusal(codes[error.reason], error.message)
  if (!(error instanceof Incompatible)) return error
  const { verdict, change, reviewLink } = error
  const review = reviewLink === undefined ? '' : `, review: ${reviewLink}`
  return refusal(
    40901,
    `Schema being registered is incompatible with an earlier schema for subject "${change.subject}", details: [${explained(verdict).join(', ')}]${review}`,
  )
}

const answersMax = 10_000
const answersBytesMax = 16 * 1_048_576

type Registered = ReturnType<typeof registered>
export const registered = (row: VersionRow) => ({
  id: row.id,
  version: row.version,
  ...schemaAnswer(row),
  ts: Date.parse(row.createdAt),
})

/**
 * Whether the same words mean the same for as long as no setting changes and nothing is deleted: not where they depend on
 * what is newest, nor where they name another project, which the caller must be allowed to read each time.
 */
const isLasting = ({ schema = '', references }: RegisterBody, { metadata, ruleSet }: VersionRow): boolean =>
  schema !== '' &&
  metadata === null &&
  ruleSet === null &&
  (references ?? []).every(({ subject, version }) => version > 0 && isSubjectName(subject))

/** Registering and looking up: what clients do with every schema that they meet for the first time. */
export function registering({ store, places, memory, register }: CsrParts) {
  // Who starts registers what is there already: the same words get the same answer without a look at the database.
  const answers = boundedMemory<Registered>(answersMax, answersBytesMax)
  memory.onForget(answers.clear)

  /** With the tags that the body adds or takes away: of its own metadata, or of those that it would take over. */
  async function tagged(place: SubjectPlace, body: RegisterBody, wanted: NewSchema): Promise<NewSchema> {
    const { schemaTagsToAdd: tagsToAdd, schemaTagsToRemove: tagsToRemove } = body
    if (!tagsToAdd && !tagsToRemove) return wanted
    const before = wanted.metadata ?? (await readVersion(store.db, place.project, place.subject))?.metadata
    return { ...wanted, metadata: { ...before, tags: tagsAfter(before?.tags, { tagsToAdd, tagsToRemove }) } }
  }

  return {
    async register(ask: CsrAsk<RegisterBody>) {
      const { who, params, query, body } = ask
      const place = await places.toChange(ask, params.subject ?? '', 'create')
      const words = JSON.stringify([body, query.normalize ?? null])
      const key = `${place.project}\n${place.subject}\n${createHash('sha256').update(words).digest('base64')}`
      await memory.renew()
      const known = answers.get(key)
      if (known !== undefined) return known
      const generation = memory.generation()
      try {
        const row = await register(who, place, await tagged(place, body, newSchemaOf(body, query.normalize)))
        const answer = registered(row)
        if (isLasting(body, row) && generation === memory.generation())
          answers.set(key, answer, words.length + row.canonical.length)
        return answer
      } catch (error) {
        throw asRefusal(error)
      }
    },

    async lookUp(ask: CsrAsk<RegisterBody>) {
      const { params, query, body } = ask
      const place = await places.toRead(ask, params.subject ?? '')
      const deleted = query.deleted ?? false
      if ((await readVersion(store.db, place.project, place.subject, undefined, { deleted })) === undefined)
        throw subjectNotFound(place.subject)
      const wanted = newSchemaOf(body, query.normalize)
      for (const { subject } of wanted.references ?? [])
        if (subject.includes(':') || subject.includes('/')) await places.toRead(ask, subject)
      const row = await lookUp(store.db, place, wanted, deleted)
      if (row === undefined) throw schemaNotFound()
      return versionAnswer(ask, row)
    },
  }
}
