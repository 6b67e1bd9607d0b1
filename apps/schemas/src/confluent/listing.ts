import { rows, sql } from '@plinth/store'
import type { VersionRow } from '../registry/rows.ts'
import { versionColumns } from '../registry/store.ts'
import { isProjectName } from '@plinth/contracts'
import { versionAnswer } from './answers.ts'
import { homeOf, shownName, type CsrAsk } from './asked.ts'
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

/** Subjects, and versions with their schemas, over all that a caller may list. */
export function listing({ store: { db }, places }: CsrParts) {
  return {
    async listSubjects(ask: CsrAsk): Promise<string[]> {
      const { project, prefix } = prefixOf(ask)
      const projects = await places.projects(ask, project)
      const { offset, limit } = page(ask.query, namesMax)
      const { deleted = false, deletedOnly = false } = ask.query
      const home = homeOf(ask.who)
      // An order of the caller's own has no index; all others have.
      const order =
        projects.length > 1 && home === projects[0] ? sql`(project <> ${home}), project, name` : sql`project, name`
      const found = await rows<{ project: string; subject: string }>(
        db,
        sql`select project, name as subject from subjects where project = any(${sql.param(projects)}::text[])
        and starts_with(name, ${prefix}) and ${deletedOnly ? sql`latest_version = 0` : deleted ? sql`true` : sql`latest_version > 0`}
        order by ${order} limit ${limit} offset ${offset}`,
      )
      return found.map((place) => shownName(ask, place))
    },

    async listSchemas(ask: CsrAsk) {
      const { project, prefix } = prefixOf(ask)
      const projects = await places.projects(ask, project)
      const { offset, limit } = page(ask.query, schemasMax)
      const { deleted = false, latestOnly = false } = ask.query
      // A page is cut out of the narrow table first; texts are read of its rows alone.
      const place = sql`where project = any(${sql.param(projects)}::text[]) and starts_with(`
      const rest = sql`order by 1, 2, 3 limit ${limit} offset ${offset}`
      const cut =
        latestOnly && !deleted
          ? sql`select project, name as subject, latest_version as version from subjects ${place} name, ${prefix}) and latest_version > 0 ${rest}`
          : latestOnly
            ? sql`select project, subject, max(version) as version from versions ${place} subject, ${prefix}) group by 1, 2 ${rest}`
            : sql`select project, subject, version from versions ${place} subject, ${prefix}) and (${deleted} or not deleted) ${rest}`
      const found = await rows<VersionRow>(
        db,
        sql`select ${versionColumns} from (${cut}) p
        join versions v on v.project = p.project and v.subject = p.subject and v.version = p.version
        join schemas b on b.project = v.project and b.id = v.schema_id order by v.project, v.subject, v.version`,
      )
      // Who may list names need not be allowed to read each of them.
      return (await places.visible(ask.who, found)).map((row) => versionAnswer(ask, row))
    },
  }
}
