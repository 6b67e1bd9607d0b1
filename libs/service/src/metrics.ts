import { collectDefaultMetrics, Histogram, register, Registry } from 'prom-client'

let processMetricsOn = false

export type Metrics = {
  observe(operation: string, status: number, durationMs: number): void
  /** The Prometheus text format, with the process's own figures. */
  text(): Promise<string>
  contentType: string
}

/** One histogram per service instance; what an app registers with prom-client's default registry comes along. */
export function createMetrics(service: string): Metrics {
  // Once per process: a second call throws, and several services may share a process in tests.
  if (!processMetricsOn) collectDefaultMetrics()
  processMetricsOn = true
  const own = new Registry()
  const duration = new Histogram({
    name: 'plinth_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['service', 'operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [own],
  })
  return {
    observe: (operation, status, durationMs) => duration.observe({ service, operation, status }, durationMs / 1_000),
    text: () => Registry.merge([register, own]).metrics(),
    contentType: register.contentType,
  }
}
