import type { provisioningRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { mustFindOperation } from '../operations/store.ts'
import type { Parts } from '../parts.ts'
import { mustFindComponent, viewComponent } from './store.ts'
import { catalogPage, componentsPage, createComponent, deleteComponent, planComponent } from './usecases.ts'

type ComponentRoutes = Pick<
  typeof provisioningRoutes,
  | 'listTemplates'
  | 'listCatalog'
  | 'listComponents'
  | 'getComponent'
  | 'planComponent'
  | 'createComponent'
  | 'deleteComponent'
>

export const componentRoutes = (parts: Parts): Handlers<ComponentRoutes> => ({
  listTemplates: async () => ({
    items: [...parts.templates.values()].map(({ name, title, description, tags, parameters }) => ({
      name,
      title,
      description,
      tags,
      parameters,
    })),
  }),
  listCatalog: ({ who, query }) => catalogPage(parts)(who, query),
  listComponents: ({ params, query }) => componentsPage(parts)(params.project, query),
  getComponent: async ({ params }) => viewComponent(await mustFindComponent(parts.store.db, params)),
  planComponent: ({ who, params, body }) => planComponent(parts)(who, params.project, body),
  createComponent: ({ who, params, body }) => createComponent(parts)(who, params.project, body),
  async deleteComponent({ who, params }) {
    const operation = await deleteComponent(parts)(who, params)
    return typeof operation === 'string'
      ? (await mustFindOperation(parts.store.db, params.project, operation)).operation
      : operation
  },
})
