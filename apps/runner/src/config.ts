import { integer, oneOf, readConfig, secret, text } from '@plinth/kernel'
import { baseSettings } from '@plinth/service'

const defaults = { port: 8087 }
const { host, logLevel, natsUrl, natsUser, natsPassword } = baseSettings(defaults)

const settings = {
  host,
  logLevel,
  natsUrl,
  natsUser,
  natsPassword,
  /** Liveness, readiness and metrics only; nobody but the operator asks here. */
  port: integer('PLINTH_PORT', { default: defaults.port, max: 65_535 }),
  edgePort: integer('PLINTH_EDGE_PORT', { default: 8081, max: 65_535 }),
  edgeHost: text('PLINTH_EDGE_HOST', { default: '127.0.0.1' }),
  dataDir: text('PLINTH_DATA_DIR'),
  /** Part of the runner's NATS subjects. */
  name: text('PLINTH_RUNNER_NAME', { default: 'local' }),
  /** Bearer at the gateway, for the artifacts of workloads. */
  token: secret('PLINTH_RUNNER_TOKEN'),
  jobConcurrency: integer('PLINTH_RUNNER_CONCURRENCY', { default: 2, min: 0, max: 64 }),
  /** Whether workloads outlive an orderly stop of the runner, or end with it, to be started again by the next. */
  onStop: oneOf('PLINTH_RUNNER_ON_STOP', ['keep', 'stop'], { default: 'keep' }),
}

export const readRunnerConfig = (environment?: Readonly<Record<string, string | undefined>>) =>
  readConfig(settings, environment)

export type RunnerConfig = ReturnType<typeof readRunnerConfig>
