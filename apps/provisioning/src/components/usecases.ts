import type { Plan } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { decodeCursor, enqueue, pageOf, recordAudit, type PageOf } from '@plinth/store'
import type { Static } from 'typebox'
import { endOperation, startOperation, type Operation } from '../operations/store.ts'
import { queues, type Parts } from '../parts.ts'
import { mustFindProject } from '../projects/store.ts'
import { namesOfVisible } from '../projects/usecases.ts'
import type { Template } from '../scaffolding/load.ts'
import { checkParameters, templateNamed } from '../scaffolding/parameters.ts'
import { render } from '../scaffolding/render.ts'
import { markWorkloadsRemoving } from '../workloads/removal.ts'
import {
  componentExists,
  findComponent,
  insertComponent,
  listComponents,
  mustFindComponent,
  setComponentState,
  viewComponent,
  type Component,
  type ComponentKey,
} from './store.ts'

export type NewComponent = {
  name: string
  template: string
  description?: string
  owner?: string
  parameters?: Record<string, unknown>
}

const creationSteps = ['repository', 'catalog'] as const
const removalSteps = ['workloads', 'repository', 'catalog'] as const
export const componentQueueKey = ({ project, component }: ComponentKey): string => `${project}/${component}`

/** What a component is made of; throws template_unknown and parameters_invalid. */
function drawUp(templates: ReadonlyMap<string, Template>, who: Identity, project: string, want: NewComponent) {
  const template = templateNamed(templates, want.template)
  const asksForDescription = template.parameters.properties?.['description'] !== undefined
  const given = {
    ...(asksForDescription && want.description !== undefined && { description: want.description }),
    ...want.parameters,
  }
  const parameters = checkParameters(template, given)
  const described = parameters['description']
  const description = typeof described === 'string' && asksForDescription ? described : (want.description ?? '')
  const owner = want.owner ?? who.subject
  const files = render(template, { name: want.name, project, description, owner, parameters })
  return { template, parameters, description, owner, files }
}

/** What creating it would make; makes nothing. */
export const planComponent =
  ({ store, templates }: Pick<Parts, 'store' | 'templates'>) =>
  async (
    who: Identity,
    project: string,
    want: NewComponent,
  ): Promise<{ files: string[]; changes: Static<typeof Plan>['changes'] }> => {
    await mustFindProject(store.db, project)
    const { files, template } = drawUp(templates, who, project, want)
    if ((await findComponent(store.db, { project, component: want.name })) !== undefined)
      throw componentExists(project, want.name)
    const change = (kind: string, summary: string) => ({
      action: 'create' as const,
      kind,
      name: want.name,
      summary,
      fields: [],
    })
    return {
      files: files.map(({ path }) => path),
      changes: [
        change('repository', `A repository with ${files.length} files, made from the template ${template.name}`),
        change('component', 'An entry in the catalog, with an application in each environment'),
      ],
    }
  }

/** Records it, and the work that makes it; the operation tells how it goes. */
export const createComponent =
  ({ store, templates }: Pick<Parts, 'store' | 'templates'>) =>
  async (who: Identity, project: string, want: NewComponent): Promise<Operation> => {
    await mustFindProject(store.db, project)
    const { template, parameters, description, owner, files } = drawUp(templates, who, project, want)
    const { name } = want
    return store.transaction(async (tx) => {
      const operation = await startOperation(tx, {
        project,
        kind: 'component.create',
        target: `component/${name}`,
        steps: creationSteps,
      })
      await insertComponent(tx, {
      project, name, kind: 'service', template: template.name, description, owner, lifecycle: 'production', tags: template.tags, repository: name,
      operation: operation.id, parameters, createdBy: who.subject,
      scaffold: { message: `Start ${name} from the template ${template.name}`, authorName: who.displayName, actor: who.subject, files },
    }) // prettier-ignore
      await recordAudit(tx, 'provisioning', who, {
        action: 'component.create',
        project,
        object: `component/${name}`,
        detail: { template: template.name, operation: operation.id },
      })
      await enqueue(tx, queues.components, componentQueueKey({ project, component: name }))
      return operation
    })
  }

/** Records that it shall go, with all it has; asked again while it goes, the same operation. */
export const deleteComponent =
  ({ store, clock }: Pick<Parts, 'store' | 'clock'>) =>
  (who: Identity, key: ComponentKey): Promise<Operation | string> =>
    store.transaction(async (tx) => {
      const { state, operation: current } = await mustFindComponent(tx, key, 'lock')
      if (state === 'deleting') return current
      const { project, component } = key
      const overtaken = { code: 'platform.conflict', detail: 'It was deleted before it was made.' }
      if (state === 'creating') await endOperation(tx, project, current, overtaken, clock.now())
      const operation = await startOperation(tx, {
        project,
        kind: 'component.delete',
        target: `component/${component}`,
        steps: removalSteps,
      })
      await setComponentState(tx, key, 'deleting', operation.id)
      await markWorkloadsRemoving(tx, key)
      await recordAudit(tx, 'provisioning', who, {
        action: 'component.delete',
        project,
        object: `component/${component}`,
        detail: { operation: operation.id },
      })
      await enqueue(tx, queues.components, componentQueueKey(key))
      return operation
    })

type Query = { limit?: number; cursor?: string; search?: string }

export const componentsPage =
  ({ store }: Pick<Parts, 'store'>) =>
  async (project: string, query: Query): Promise<PageOf<Component>> => {
    await mustFindProject(store.db, project)
    return page(store, [project], query)
  }

/** Every component of the projects that the caller may see. */
export const catalogPage =
  (parts: Pick<Parts, 'store' | 'bus'>) =>
  async (who: Identity, query: Query): Promise<PageOf<Component>> =>
    page(parts.store, await namesOfVisible(parts, who), query)

async function page(
  store: Parts['store'],
  projects: readonly string[],
  { limit = 50, cursor, search }: Query,
): Promise<PageOf<Component>> {
  const after = cursor === undefined ? (['', ''] as const) : decodeCursor(cursor, ['string', 'string'])
  const found = await listComponents(store.db, { projects, search, after: [after[0], after[1]], limit: limit + 1 })
  return pageOf(found.map(viewComponent), limit, ({ project, name }) => [project, name])
}
