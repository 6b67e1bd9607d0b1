import { Counter, register } from 'prom-client'

export type DecisionCounters = {
  recorded(count: number): void
  dropped(kind: 'sampled' | 'privileged' | 'denied'): void
}

/** One of a name in a process, however many gateways tests start in it. */
function counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
  const known = register.getSingleMetric(name) as Counter<L> | undefined
  return known ?? new Counter({ name, help, labelNames })
}

export function decisionCounters(): DecisionCounters {
  const recorded = counter('plinth_gateway_decisions_recorded_total', 'Decisions that the broker has stored', [])
  const dropped = counter(
    'plinth_gateway_decisions_dropped_total',
    'Decisions that were not recorded, for want of room while the broker was away',
    ['kind'],
  )
  for (const kind of ['sampled', 'privileged', 'denied']) dropped.inc({ kind }, 0)
  return { recorded: (count) => recorded.inc(count), dropped: (kind) => dropped.inc({ kind }) }
}
