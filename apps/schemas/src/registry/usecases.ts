import { failure, type CompatibilityLevel } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { recordAudit, type Store } from '@plinth/store'
import { judge, type Verdict } from './judge.ts'
import { prepare, type NewSchema } from './prepare.ts'
import { Incompatible, RegistrationRefused } from './refusals.ts'
import type { registration } from './register.ts'
import type { Registered } from './change.ts'
import type { SubjectRow, VersionRow } from './rows.ts'
import { readConfig, writeConfig } from './settings.ts'
import * as registry from './store.ts'
import { lockSubject, nextGeneration } from './write-store.ts'

export type RegistryParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  register: ReturnType<typeof registration>
}

const subjectUnknown = (project: string, subject: string): Error =>
  failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })

/** A refusal of the registry as the platform's own routes tell it. */
function asFailure(error: unknown): unknown {
  if (error instanceof RegistrationRefused) return failure('platform.conflict', { detail: `${error.message}.` })
  if (!(error instanceof Incompatible)) return error
  const { verdict, change, reviewLink } = error
  const [first] = verdict.incompatibilities
  const review = reviewLink === undefined ? '' : `. If it must be, have it reviewed: ${reviewLink}`
  return failure('schemas.incompatible', {
    detail: `'${change.subject}' can't have this schema: it breaks version ${verdict.against}. ${first?.path || '/'}: ${first?.message}${review}`,
    problems: verdict.incompatibilities
      .slice(0, 50)
      .map(({ path, message, rule }) => ({ path, message: `${message} (${rule})` })),
    extensions: { incompatibilities: verdict.incompatibilities.slice(0, 50), ...(reviewLink && { reviewLink }) },
  })
}

export const registryUseCases = ({ store, clock, register }: RegistryParts) => ({
  listSubjects: (project: string, page: { limit?: number; cursor?: string }) =>
    registry.listSubjects(store.db, project, {
      limit: page.limit ?? 50,
      ...(page.cursor !== undefined && { cursor: page.cursor }),
    }),

  async getSubject(project: string, subject: string): Promise<SubjectRow> {
    const found = await registry.findSubject(store.db, project, subject)
    if (!found) throw subjectUnknown(project, subject)
    return found
  },

  async listVersions(project: string, subject: string): Promise<{ items: VersionRow[] }> {
    const items = await registry.listVersions(store.db, project, subject)
    if (items.length === 0) throw subjectUnknown(project, subject)
    return { items }
  },

  async getVersion(project: string, subject: string, version: string): Promise<VersionRow> {
    const which = version === 'latest' ? 'latest' : Number(version)
    const found = await registry.readVersion(store.db, project, subject, which)
    if (found) return found
    if (!(await registry.findSubject(store.db, project, subject))) throw subjectUnknown(project, subject)
    throw failure('schemas.version_unknown', { detail: `'${subject}' has no version ${version}.` })
  },

  async check(project: string, subject: string, wanted: NewSchema): Promise<Verdict> {
    const { effective: config } = await readConfig(store.db, { project, subject })
    const versions = await registry.listVersions(store.db, project, subject)
    const { schema, content } = await prepare(store.db, { project, subject }, wanted, config, versions[0])
    return judge(store.db, config, { schema, metadata: content.metadata }, versions)
  },

  /** The same schema again answers the version that it has; one that breaks its readers is refused with every reason. */
  async register(who: Identity, project: string, subject: string, wanted: NewSchema): Promise<Registered> {
    try {
      return await register(who, { project, subject }, wanted)
    } catch (error) {
      throw asFailure(error)
    }
  },

  setCompatibility: (who: Identity, project: string, subject: string, compatibilityLevel: CompatibilityLevel) =>
    store.transaction(async (tx) => {
      await lockSubject(tx, project, subject)
      const before = await registry.findSubject(tx, project, subject)
      if (!before) throw subjectUnknown(project, subject)
      const { own } = await readConfig(tx, { project, subject })
      await writeConfig(tx, { project, subject }, { ...own, compatibilityLevel }, clock.now())
      await nextGeneration(tx)
      await recordAudit(tx, 'schemas', who, {
        action: 'schema.set-compatibility',
        project,
        object: `schema/${subject}`,
        detail: { from: before.compatibility, to: compatibilityLevel },
      })
      return { ...before, compatibility: compatibilityLevel }
    }),
})
