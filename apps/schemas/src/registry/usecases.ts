import { failure, schemaRegistered, type CompatibilityLevel, type SchemaKind } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Store } from '@plinth/store'
import { parseSchema, unreadable } from '../formats/formats.ts'
import { fingerprint } from '../formats/json-text.ts'
import type { Incompatibility, Schema } from '../formats/format.ts'
import * as registry from './store.ts'

type NewSchema = { type: SchemaKind; schema: string }
type Verdict = {
  compatible: boolean
  level: CompatibilityLevel
  against?: number
  incompatibilities: Incompatibility[]
}

export type RegistryParts = { store: Pick<Store, 'db' | 'transaction'>; clock: Clock }

const subjectUnknown = (project: string, subject: string): Error =>
  failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })

const parsed = ({ type, schema }: NewSchema): Schema => parseSchema(type, { text: schema, references: [] })

/** BACKWARD: whoever uses the new schema can read what was written with the newest one. */
function judge(
  subject: registry.SubjectRow | undefined,
  latest: registry.VersionRow | undefined,
  wanted: NewSchema,
): Verdict {
  const level = subject?.compatibility ?? 'BACKWARD'
  const incompatibilities = level === 'NONE' || !latest ? [] : [...unreadable(parsed(wanted), parsed(latest), 'STRICT')]
  return {
    compatible: incompatibilities.length === 0,
    level,
    ...(latest && { against: latest.version }),
    incompatibilities,
  }
}

export const registryUseCases = ({ store, clock }: RegistryParts) => ({
  listSubjects: (project: string, page: { limit?: number; cursor?: string }) =>
    registry.listSubjects(store.db, project, {
      limit: page.limit ?? 50,
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    }),

  async getSubject(project: string, subject: string) {
    const found = await registry.findSubject(store.db, project, subject)
    if (!found) throw subjectUnknown(project, subject)
    return found
  },

  async listVersions(project: string, subject: string) {
    const items = await registry.listVersions(store.db, project, subject)
    if (items.length === 0) throw subjectUnknown(project, subject)
    return { items }
  },

  async getVersion(project: string, subject: string, version: string) {
    const found = await registry.findVersion(
      store.db,
      project,
      subject,
      version === 'latest' ? undefined : Number(version),
    )
    if (found) return found
    if (!(await registry.findSubject(store.db, project, subject))) throw subjectUnknown(project, subject)
    throw failure('schemas.version_unknown', { detail: `'${subject}' has no version ${version}.` })
  },

  async check(project: string, subject: string, wanted: NewSchema): Promise<Verdict> {
    parsed(wanted)
    return judge(
      await registry.findSubject(store.db, project, subject),
      await registry.findVersion(store.db, project, subject),
      wanted,
    )
  },

  /** The same schema again answers the version that it has; one that breaks its readers is refused with every reason. */
  async register(who: Identity, project: string, subject: string, wanted: NewSchema): Promise<registry.VersionRow> {
    const print = fingerprint(wanted.type, parsed(wanted).canonical)
    const known = await registry.findByFingerprint(store.db, project, subject, print)
    if (known) return known
    return store.transaction(async (tx) => {
      await registry.lockSubject(tx, project, subject)
      const raced = await registry.findByFingerprint(tx, project, subject, print)
      if (raced) return raced
      const latest = await registry.findVersion(tx, project, subject)
      const { incompatibilities, against } = judge(await registry.findSubject(tx, project, subject), latest, wanted)
      if (incompatibilities.length > 0) {
        throw failure('schemas.incompatible', {
          detail: `'${subject}' can't have this schema: it breaks version ${against}. ${incompatibilities[0]?.path || '/'}: ${incompatibilities[0]?.message}`,
          problems: incompatibilities
            .slice(0, 50)
            .map(({ path, message, rule }) => ({ path, message: `${message} (${rule})` })),
        })
      }
      const version = (latest?.version ?? 0) + 1
      const schemaId = await registry.internSchema(tx, { fingerprint: print, type: wanted.type, body: wanted.schema })
      await registry.addVersion(tx, {
        project,
        subject,
        type: wanted.type,
        version,
        schemaId,
        at: clock.now(),
        by: who.subject,
      })
      await recordAudit(tx, 'schemas', who, {
        action: 'schema.register',
        project,
        object: `schema/${subject}`,
        detail: { version, id: schemaId },
      })
      await appendEvent(tx, schemaRegistered, {
        project,
        entity: subject,
        actor: who.subject,
        data: { project, subject, version, id: schemaId, schemaType: wanted.type, actor: who.subject },
      })
      const made = await registry.findVersion(tx, project, subject, version)
      if (!made) throw new Error('a version that was just written is not there')
      return made
    })
  },

  setCompatibility: (who: Identity, project: string, subject: string, compatibility: CompatibilityLevel) =>
    store.transaction(async (tx) => {
      await registry.lockSubject(tx, project, subject)
      const before = await registry.findSubject(tx, project, subject)
      if (!before) throw subjectUnknown(project, subject)
      await registry.setCompatibility(tx, project, subject, compatibility, clock.now())
      await recordAudit(tx, 'schemas', who, {
        action: 'schema.set-compatibility',
        project,
        object: `schema/${subject}`,
        detail: { from: before.compatibility, to: compatibility },
      })
      return { ...before, compatibility, updatedAt: clock.now().toISOString() }
    }),
})
