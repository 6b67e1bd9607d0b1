import { AppError } from '@plinth/kernel'
import { judge } from '../registry/judge.ts'
import { prepare } from '../registry/prepare.ts'
import type { VersionRow } from '../registry/rows.ts'
import { levelDefault, readConfig } from '../registry/settings.ts'
import { listVersions, readVersion } from '../registry/store.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { versionOf, type CsrAsk, type RegisterBody } from './asked.ts'
import { versionNotFound } from './errors.ts'
import { explained } from './explain.ts'
import type { CsrParts } from './parts.ts'
import { newSchemaOf } from './requests.ts'

type Answer = { is_compatible: boolean; messages?: string[] }

/** Would it be accepted; registers nothing. */
export function compatibility({ store: { db }, places }: CsrParts) {
  async function compare(
    ask: CsrAsk<RegisterBody>,
    place: SubjectPlace,
    versions: readonly VersionRow[],
  ): Promise<Answer> {
    const { verbose = false, normalize } = ask.query
    try {
      const wanted = newSchemaOf(ask.body, normalize)
      for (const { subject } of wanted.references ?? [])
        if (subject.includes(':') || subject.includes('/')) await places.toRead(ask, subject)
      const { effective: config } = await readConfig(db, place)
      const latest = await readVersion(db, place.project, place.subject)
      const { schema, content } = await prepare(db, place, wanted, config, latest)
      const verdict = await judge(db, config, { schema, metadata: content.metadata }, versions)
      const messages = verbose ? explained(verdict) : []
      return { is_compatible: verdict.compatible, ...(messages.length > 0 && { messages }) }
    } catch (error) {
      // Who asks for all that is wrong is told that it is no schema like the rest.
      if (!verbose || !(error instanceof AppError) || error.code !== 'schemas.schema_invalid') throw error
      return { is_compatible: false, messages: [error.publicDetail] }
    }
  }

  return {
    /** With one version; the newest of a subject that has none fits anything. */
    async checkVersion(ask: CsrAsk<RegisterBody>): Promise<Answer> {
      const which = versionOf(ask.params.version)
      const place = await places.toRead(ask, ask.params.subject ?? '')
      const row = await readVersion(db, place.project, place.subject, which)
      if (row === undefined && which !== 'latest') throw versionNotFound(which)
      return compare(ask, place, row === undefined ? [] : [row])
    },

    /** With all that the level asks for. */
    async checkAll(ask: CsrAsk<RegisterBody>): Promise<Answer> {
      const place = await places.toRead(ask, ask.params.subject ?? '')
      const { effective } = await readConfig(db, place)
      const isAll = (effective.compatibilityLevel ?? levelDefault).endsWith('_TRANSITIVE')
      const limit = isAll || effective.compatibilityGroup !== undefined ? 1_000 : 1
      return compare(ask, place, await listVersions(db, place.project, place.subject, { limit }))
    },
  }
}
