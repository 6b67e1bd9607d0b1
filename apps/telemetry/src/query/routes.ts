import type { contracts } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import type { Handlers } from '@plinth/service'
import { queryDecisions } from '../decisions/query.ts'
import type { Engine } from '../engine/engine.ts'
import { queryLogs } from './logs.ts'
import { queryMetrics } from './metrics.ts'
import type { Tail } from './tail.ts'
import { getTrace, queryTraces } from './traces.ts'

type QueryRoutes = Omit<Handlers<typeof contracts.telemetry.routes>, 'ingestTraces' | 'ingestMetrics' | 'ingestLogs'>

export const queryRoutes = (engine: Engine, tail: Tail, clock: Clock): QueryRoutes => {
  const nowMs = (): number => clock.now().getTime()
  return {
    queryLogs: ({ params, query }) => queryLogs(engine, params.project, query, nowMs()),
    tailLogs: async ({ params, query, signal }) => tail.follow({ project: params.project, ...query }, signal),
    queryTraces: ({ params, query }) => queryTraces(engine, params.project, query, nowMs()),
    getTrace: ({ params }) => getTrace(engine, params.project, params.traceId),
    queryDecisions: ({ query }) => queryDecisions(engine, query, nowMs()),
    queryMetrics: ({ params, query }) => queryMetrics(engine, params.project, query, nowMs()),
  }
}
