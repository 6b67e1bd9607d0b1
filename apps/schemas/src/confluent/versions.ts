import { rows, sql } from '@plinth/store'
import { listStates, type VersionState } from '../registry/delete.ts'
import type { VersionRow } from '../registry/rows.ts'
import { readVersion } from '../registry/store.ts'
import { versionAnswer } from './answers.ts'
import { sendText, versionOf, type CsrAsk } from './asked.ts'
import { confluentText } from './content.ts'
import { subjectNotFound, versionNotFound } from './errors.ts'
import { page } from './pages.ts'
import type { CsrParts } from './parts.ts'
import { schemaTags } from './schema-tags.ts'

const namesMax = 100_000

/** The versions of one subject, read. */
export function versions({ store: { db }, places }: CsrParts) {
  async function oneVersion(ask: CsrAsk): Promise<VersionRow> {
    const which = versionOf(ask.params.version)
    const place = await places.toRead(ask, ask.params.subject ?? '')
    const row = await readVersion(db, place.project, place.subject, which, { deleted: ask.query.deleted ?? false })
    if (row !== undefined) return row
    const states = await listStates(db, place)
    if (states.every(({ deleted }) => deleted && ask.query.deleted !== true)) throw subjectNotFound(place.subject)
    throw versionNotFound(which)
  }

  return {
    async listVersions(ask: CsrAsk): Promise<number[]> {
      const place = await places.toRead(ask, ask.params.subject ?? '')
      const { deleted = false, deletedOnly = false, deletedAsNegative = false } = ask.query
      const states = await listStates(db, place)
      const all = deleted || deletedAsNegative
      const found = states.filter((state) => (deletedOnly ? state.deleted : all || !state.deleted))
      if (found.length === 0) throw subjectNotFound(place.subject)
      const sign = (state: VersionState): number => (deletedAsNegative && state.deleted ? -1 : 1)
      return page(ask.query, namesMax).of(found.map((state) => sign(state) * state.version))
    },

    async getVersion(ask: CsrAsk) {
      const row = await oneVersion(ask)
      const { format, findTags } = ask.query
      return versionAnswer(ask, row, {
        text: await confluentText(db, row, format),
        tags: await schemaTags(db, row, findTags),
      })
    },

    async getVersionText(ask: CsrAsk): Promise<void> {
      sendText(ask, await confluentText(db, await oneVersion(ask), ask.query.format))
    },

    async listReferring(ask: CsrAsk): Promise<number[]> {
      const { project, subject, version } = await oneVersion({ ...ask, query: { ...ask.query, deleted: true } })
      const found = await rows<{ project: string; id: number; subject: string }>(
        db,
        sql`select distinct on (r.schema_id, r.project) r.project, r.schema_id as id, v.subject from schema_references r
        join versions v on v.project = r.project and v.schema_id = r.schema_id
        where r.target_project = ${project} and r.target_subject = ${subject} and r.target_version = ${version}
          and (${ask.query.deleted ?? false} or not v.deleted)
        order by r.schema_id, r.project limit ${namesMax}`,
      )
      const seen = await places.visible(ask.who, found)
      return page(ask.query, namesMax).of([...new Set(seen.map(({ id }) => id))])
    },
  }
}
