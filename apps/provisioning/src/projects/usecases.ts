import { environmentCreated, failure, projectCreated } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, decodeCursor, pageOf, recordAudit, type PageOf, type Tx } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { visibleProjects } from './rights.ts'
import {
  insertEnvironment,
  insertProject,
  listEnvironments,
  listProjects,
  mustFindEnvironment,
  mustFindProject,
  type Environment,
  type Project,
} from './store.ts'

type NewEnvironment = Omit<Environment, 'createdAt'>

const firstEnvironments: readonly NewEnvironment[] = [
  { name: 'development', tier: 'development', position: 1, automatic: true },
  { name: 'staging', tier: 'staging', position: 2, automatic: false },
  { name: 'production', tier: 'production', position: 3, automatic: false },
]
const environmentsMax = 50
const chunk = 400

export const createProject =
  ({ store }: Pick<Parts, 'store'>) =>
  (who: Identity, { name, description = '' }: { name: string; description?: string }): Promise<Project> =>
    store.transaction(async (tx) => {
      if (!(await insertProject(tx, { name, description, createdBy: who.subject }))) {
        throw failure('provisioning.project_exists', { detail: `A project '${name}' exists.` })
      }
      await recordAudit(tx, 'provisioning', who, { action: 'project.create', project: name, object: `project/${name}` })
      await appendEvent(tx, projectCreated, {
        project: name,
        entity: name,
        actor: who.subject,
        data: { project: name, createdBy: who.subject },
      })
      for (const environment of firstEnvironments) await addEnvironment(tx, who, name, environment)
      return mustFindProject(tx, name)
    })

async function addEnvironment(tx: Tx, who: Identity, project: string, want: NewEnvironment): Promise<void> {
  const { name, tier, position, automatic } = want
  if (!(await insertEnvironment(tx, project, want))) {
    throw failure('provisioning.environment_exists', {
      detail: `The project '${project}' has an environment '${name}'.`,
    })
  }
  await appendEvent(tx, environmentCreated, {
    project,
    entity: name,
    actor: who.subject,
    data: { project, environment: name, tier, position, automatic },
  })
}

/** Another environment, last in the order of promotion; nothing is deployed there by itself. */
export const createEnvironment =
  ({ store }: Pick<Parts, 'store'>) =>
  (who: Identity, project: string, want: Pick<Environment, 'name' | 'tier'>): Promise<Environment> =>
    store.transaction(async (tx) => {
      await mustFindProject(tx, project, 'lock')
      const there = await listEnvironments(tx, project)
      if (there.length >= environmentsMax)
        throw failure('platform.conflict', { detail: `A project has ${environmentsMax} environments at the most.` })
      const position = Math.max(0, ...there.map((environment) => environment.position)) + 1
      await addEnvironment(tx, who, project, { ...want, position, automatic: false })
      await recordAudit(tx, 'provisioning', who, {
        action: 'environment.create',
        project,
        object: `environment/${want.name}`,
        detail: { tier: want.tier, position },
      })
      return mustFindEnvironment(tx, project, want.name)
    })

/** The projects that the caller may see, by name. */
export const projectsPage =
  ({ store, bus }: Pick<Parts, 'store' | 'bus'>) =>
  async (who: Identity, { limit = 50, cursor }: { limit?: number; cursor?: string }): Promise<PageOf<Project>> => {
    let after = cursor === undefined ? '' : decodeCursor(cursor, ['string'])[0]
    const found: Project[] = []
    while (found.length <= limit) {
      const next = await listProjects(store.db, after, chunk)
      const visible = await visibleProjects(
        bus,
        who,
        next.map(({ name }) => name),
      )
      found.push(...next.filter(({ name }) => visible.has(name)))
      after = next.at(-1)?.name ?? after
      if (next.length < chunk) break
    }
    return pageOf(found, limit, ({ name }) => [name])
  }

/** The names of all projects that the caller may see. */
export async function namesOfVisible({ store, bus }: Pick<Parts, 'store' | 'bus'>, who: Identity): Promise<string[]> {
  const names: string[] = []
  for (let after = ''; ;) {
    const next = (await listProjects(store.db, after, chunk)).map(({ name }) => name)
    const visible = await visibleProjects(bus, who, next)
    names.push(...next.filter((name) => visible.has(name)))
    after = next.at(-1) ?? after
    if (next.length < chunk) return names
  }
}

export const environmentsOf =
  ({ store }: Pick<Parts, 'store'>) =>
  async (project: string): Promise<{ items: Environment[] }> => {
    await mustFindProject(store.db, project)
    return { items: await listEnvironments(store.db, project) }
  }
