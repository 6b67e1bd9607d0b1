import type { EdgeTable } from '../edge/table.ts'
import type { WorkloadRecord } from '../workloads/record.ts'
import { readyOf } from '../workloads/state.ts'

/** The Prometheus text format: few enough figures to write them by hand. */
export function metricsText(records: ReadonlyMap<string, WorkloadRecord>, table: EdgeTable): string {
  const lines = [
    '# TYPE plinth_runner_resident_memory_bytes gauge',
    `plinth_runner_resident_memory_bytes ${process.memoryUsage.rss()}`,
  ]
  const series = (name: string, type: string, value: (workload: string, record: WorkloadRecord) => number): void => {
    lines.push(`# TYPE ${name} ${type}`)
    for (const [workload, record] of records) lines.push(`${name}{workload="${workload}"} ${value(workload, record)}`)
  }
  series('plinth_runner_ready_replicas', 'gauge', (_workload, record) => readyOf(record))
  series('plinth_runner_replica_restarts', 'gauge', (_workload, record) => record.restarts)
  series('plinth_runner_edge_requests_total', 'counter', (workload) => table.measuresOf(workload)?.requests ?? 0)
  series('plinth_runner_edge_errors_total', 'counter', (workload) => table.measuresOf(workload)?.errors ?? 0)
  return `${lines.join('\n')}\n`
}
