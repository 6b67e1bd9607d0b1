import { rows, sql, type Executor } from '@plinth/store'
import type { SchemaAction } from '../rights.ts'
import { onSubject } from '../rights.ts'
import type { Scope } from '../registry/settings.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { aliases } from './aliases.ts'
import { contextOf, defaultProject, homeOf, subjectOf, withoutContext, type CsrAsk } from './asked.ts'
import type { CsrParts } from './parts.ts'

type Who = Pick<CsrAsk, 'params' | 'who'>
const projectsMax = 2_000

const projectsWith = (db: Executor, subject: string): Promise<{ project: string }[]> =>
  rows<{ project: string }>(
    db,
    sql`select project from subjects where name = ${subject}
    union select project from scope_configs where subject = ${subject} and project <> ''
    union select project from scope_modes where subject = ${subject} and project <> '' order by 1 limit ${projectsMax}`,
  )

/** One step through the index for each project, however many subjects those have. */
async function projectsOfSubjects(db: Executor): Promise<string[]> {
  const found = await rows<{ project: string }>(
    db,
    sql`with recursive p as (
      (select project from subjects order by project limit 1)
      union all
      select (select s.project from subjects s where s.project > p.project order by s.project limit 1) from p where p.project is not null
    ) select project from p where project is not null order by project limit ${projectsMax}`,
  )
  return found.map(({ project }) => project)
}

/** Where the subjects of a request are, for those who may do this there. */
export function places({ store: { db }, rights, memory }: Pick<CsrParts, 'store' | 'rights' | 'memory'>) {
  const standsFor = aliases(db, memory)

  async function visible<P extends SubjectPlace>(who: CsrAsk['who'], found: readonly P[]): Promise<P[]> {
    const allowed = await rights.allowed(
      who,
      found.map((place) => onSubject('get', place)),
    )
    return found.filter((_place, index) => allowed[index])
  }

  /** Of one project; what names none is looked for in all that the caller may see. `project` is empty where it is nowhere. */
  async function toReadItself(ask: Who, name: string): Promise<SubjectPlace> {
    const { project, subject } = subjectOf(ask, name)
    if (project !== undefined) {
      await rights.require(ask.who, onSubject('get', { project, subject }))
      return { project, subject }
    }
    const found = await projectsWith(db, subject)
    const [first] = await visible(
      ask.who,
      found.map((row) => ({ ...row, subject })),
    )
    return first ?? { project: '', subject }
  }

  return {
    toReadItself,

    /** The same; or the subject that its configuration says it stands for. */
    async toRead(ask: Who, name: string): Promise<SubjectPlace> {
      const place = await toReadItself(ask, name)
      const target = await standsFor(place)
      if (target !== place) await rights.require(ask.who, onSubject('get', target))
      return target
    },

    /** Of one project, which has to be said. */
    async toChange(ask: Who, name: string, action: SchemaAction): Promise<SubjectPlace> {
      const { project, subject } = subjectOf(ask, name)
      if (project === undefined) throw withoutContext(subject)
      await rights.require(ask.who, onSubject(action, { project, subject }))
      return { project, subject }
    },

    visible,

    /** The context of the request, for its settings; all contexts together where it names none. */
    async scope(ask: Who, action: SchemaAction): Promise<Scope> {
      const project = defaultProject(ask) ?? ''
      // What holds where nothing else is set is no secret.
      if (project !== '' || action !== 'list')
        await rights.require(ask.who, { action, object: 'schema', domain: project === '' ? '*' : project })
      return { project, subject: '' }
    },

    /** Projects in which the caller may list schemas: of one context, or of all, his own first. */
    async projects(ask: Who, named?: string): Promise<string[]> {
      const only = named ?? contextOf(ask)
      if (only !== undefined) {
        await rights.require(ask.who, { action: 'list', object: 'schema', domain: only })
        return [only]
      }
      const home = homeOf(ask.who)
      const all = await projectsOfSubjects(db)
      const allowed = await rights.allowed(
        ask.who,
        all.map((domain) => ({ action: 'list' as const, object: 'schema', domain })),
      )
      const seen = all.filter((_project, index) => allowed[index])
      return home !== undefined && seen.includes(home) ? [home, ...seen.filter((project) => project !== home)] : seen
    },
  }
}

export type Places = ReturnType<typeof places>
