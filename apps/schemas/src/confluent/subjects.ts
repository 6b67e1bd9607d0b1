import { rows, sql } from '@plinth/store'
import * as removal from '../registry/delete.ts'
import type { VersionRow } from '../registry/rows.ts'
import { readMode } from '../registry/settings.ts'
import { readVersion, versionColumns } from '../registry/store.ts'
import { isProjectName, type SubjectPlace } from '../registry/subject-name.ts'
import { lockSubject } from '../registry/write-store.ts'
import { versionAnswer } from './answers.ts'
import { homeOf, sendText, shownName, versionOf, type CsrAsk } from './asked.ts'
import { confluentText } from './content.ts'
import { notPermitted, refusal, subjectNotFound, versionNotFound } from './errors.ts'
import { page } from './pages.ts'
import type { CsrParts } from './parts.ts'

const namesMax = 100_000
const schemasMax = 1_000

/** `:*:` is every context, `:.payments:or` begins with `or` in one; without either, the caller's own, or all that he sees. */
function prefixOf(ask: CsrAsk): { project?: string; prefix: string } {
  const { subjectPrefix = ':*:' } = ask.query
  if (subjectPrefix.startsWith(':*:')) return { prefix: subjectPrefix.slice(3) }
  const [, project, prefix = ''] = /^:\.([^:]*):(.*)$/.exec(subjectPrefix) ?? []
  if (project !== undefined && isProjectName(project)) return { project, prefix }
  const home = homeOf(ask.who)
  return { ...(home !== undefined && { project: home }), prefix: subjectPrefix.replace(/^:\.?:/, '') }
}

/** Subjects and their versions: listing, reading, deleting. */
export function subjects({ store, clock, places }: CsrParts) {
  const { db } = store

  async function oneVersion(ask: CsrAsk): Promise<VersionRow> {
    const which = versionOf(ask.params.version)
    const place = await places.toRead(ask, ask.params.subject ?? '')
    const row = await readVersion(db, place.project, place.subject, which, { deleted: ask.query.deleted ?? false })
    if (row !== undefined) return row
    const states = await removal.listStates(db, place)
    if (states.every(({ deleted }) => deleted && ask.query.deleted !== true)) throw subjectNotFound(place.subject)
    throw versionNotFound(which)
  }

  /** Runs in the transaction that holds the subject, unless its mode forbids any change. */
  async function change<T>(
    place: SubjectPlace,
    work: (tx: Parameters<Parameters<typeof store.transaction>[0]>[0]) => Promise<T>,
  ) {
    return store.transaction(async (tx) => {
      await lockSubject(tx, place.project, place.subject)
      const { effective: mode } = await readMode(tx, place)
      if (mode.startsWith('READONLY'))
        throw notPermitted(`Subject ${place.subject} in context .${place.project} is in read-only mode`)
      return work(tx)
    })
  }

  const referredTo = (place: SubjectPlace): Error =>
    refusal(42206, `One or more references exist to the schema {subject=${place.subject}}`)

  return {
    async list(ask: CsrAsk): Promise<string[]> {
      const { project, prefix } = prefixOf(ask)
      const projects = await places.projects(ask, project)
      const { offset, limit } = page(ask.query, namesMax)
      const { deleted = false, deletedOnly = false } = ask.query
      const first = projects[0] ?? ''
      const order = projects.length > 1 ? sql`(project <> ${first}), project, name` : sql`name`
      const found = await rows<{ project: string; subject: string }>(
        db,
        sql`select project, name as subject from subjects where project = any(${sql.param(projects)}::text[])
        and starts_with(name, ${prefix}) and ${deletedOnly ? sql`latest_version = 0` : deleted ? sql`true` : sql`latest_version > 0`}
        order by ${order} limit ${limit} offset ${offset}`,
      )
      return found.map((place) => shownName(ask, place))
    },

    async listVersions(ask: CsrAsk): Promise<number[]> {
      const place = await places.toRead(ask, ask.params.subject ?? '')
      const { deleted = false, deletedOnly = false } = ask.query
      const states = await removal.listStates(db, place)
      const found = states.filter((state) => (deletedOnly ? state.deleted : deleted || !state.deleted))
      if (found.length === 0) throw subjectNotFound(place.subject)
      return page(ask.query, namesMax).of(found.map(({ version }) => version))
    },

    async getVersion(ask: CsrAsk) {
      const row = await oneVersion(ask)
      return versionAnswer(ask, row, await confluentText(db, row, ask.query.format))
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

    async listSchemas(ask: CsrAsk) {
      const { project, prefix } = prefixOf(ask)
      const projects = await places.projects(ask, project)
      const { offset, limit } = page(ask.query, schemasMax)
      const { deleted = false, latestOnly = false } = ask.query
      const newest = sql`v.version = (select max(n.version) from versions n where n.project = v.project and n.subject = v.subject and (${deleted} or not n.deleted))`
      const found = await rows<VersionRow>(
        db,
        sql`select ${versionColumns} from versions v join schemas b on b.project = v.project and b.id = v.schema_id
        where v.project = any(${sql.param(projects)}::text[]) and starts_with(v.subject, ${prefix})
          and (${deleted} or not v.deleted) and ${latestOnly ? newest : sql`true`}
        order by v.project, v.subject, v.version limit ${limit} offset ${offset}`,
      )
      return found.map((row) => versionAnswer(ask, row))
    },

    async deleteSubject(ask: CsrAsk): Promise<number[]> {
      const place = await places.toChange(ask, ask.params.subject ?? '', 'delete')
      const { permanent = false } = ask.query
      return change(place, async (tx) => {
        const states = await removal.listStates(tx, place)
        const live = states.filter(({ deleted }) => !deleted)
        const name = place.subject
        if (states.length === 0) throw subjectNotFound(name)
        if (!permanent && live.length === 0)
          throw refusal(40404, `Subject '${name}' was soft deleted.Set permanent=true to delete permanently`)
        if (permanent && live.length > 0)
          throw refusal(40405, `Subject '${name}' was not deleted first before being permanently deleted`)
        const versions = (permanent ? states : live).map(({ version }) => version)
        if (await removal.isReferredTo(tx, place, versions, permanent)) throw referredTo(place)
        const remove = permanent ? removal.deleteForGood : removal.deleteSoftly
        await remove(tx, ask.who, place, versions, clock.now())
        return versions
      })
    },

    async deleteVersion(ask: CsrAsk): Promise<number> {
      const which = versionOf(ask.params.version)
      const place = await places.toChange(ask, ask.params.subject ?? '', 'delete')
      const { permanent = false } = ask.query
      return change(place, async (tx) => {
        const states = await removal.listStates(tx, place)
        if (states.length === 0) throw subjectNotFound(place.subject)
        const state =
          which === 'latest'
            ? states.findLast(({ deleted }) => !deleted)
            : states.find(({ version }) => version === which)
        if (state === undefined) throw versionNotFound(which)
        const { version, deleted } = state
        const where = `Subject '${place.subject}' Version ${version}`
        if (!permanent && deleted)
          throw refusal(40406, `${where} was soft deleted.Set permanent=true to delete permanently`)
        if (permanent && !deleted)
          throw refusal(40407, `${where} was not deleted first before being permanently deleted`)
        if (await removal.isReferredTo(tx, place, [version], permanent)) throw referredTo(place)
        const remove = permanent ? removal.deleteForGood : removal.deleteSoftly
        await remove(tx, ask.who, place, [version], clock.now())
        return version
      })
    },
  }
}
