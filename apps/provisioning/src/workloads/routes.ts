import type { provisioningRoutes } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { mustFindEnvironment } from '../projects/store.ts'
import { actOnWorkload, workloadActions } from './desired.ts'
import { mustFindWorkload, workloadsOfEnvironment } from './store.ts'
import { viewWorkload } from './view.ts'

type WorkloadRoutes = Pick<
  typeof provisioningRoutes,
  'listWorkloads' | 'getWorkload' | 'restartWorkload' | 'scaleWorkload' | 'stopWorkload' | 'startWorkload'
>

export const workloadRoutes = (parts: Parts): Handlers<WorkloadRoutes> => ({
  async listWorkloads({ params: { project, environment } }) {
    await mustFindEnvironment(parts.store.db, project, environment)
    const found = await workloadsOfEnvironment(parts.store.db, project, environment)
    return { items: await Promise.all(found.map((row) => viewWorkload(parts.store.db, row))) }
  },
  getWorkload: async ({ params }) => viewWorkload(parts.store.db, await mustFindWorkload(parts.store.db, params)),
  restartWorkload: ({ who, params }) => actOnWorkload(parts)(who, params, workloadActions.restart),
  scaleWorkload: ({ who, params, body }) => actOnWorkload(parts)(who, params, workloadActions.scale(body.replicas)),
  stopWorkload: ({ who, params }) => actOnWorkload(parts)(who, params, workloadActions.runs(false)),
  startWorkload: ({ who, params }) => actOnWorkload(parts)(who, params, workloadActions.runs(true)),
})
