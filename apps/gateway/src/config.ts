import { services, type ServiceName } from '@plinth/contracts'
import { integer, oneOf, readConfig, secret, text, url, type Setting } from '@plinth/kernel'
import { clientAddressOf } from './limits/client-address.ts'

/** Every service behind the gateway. */
export type UpstreamName = Exclude<ServiceName, 'gateway'>
export const upstreamNames: readonly UpstreamName[] = services.filter((name) => name !== 'gateway')

function networks(variable: string): Setting<string> {
  const read = text(variable, { default: '' })
  return {
    variable,
    read(raw) {
      const value = read.read(raw)
      clientAddressOf(value)
      return value
    },
  }
}

const settings = {
  host: text('PLINTH_HOST', { default: '127.0.0.1' }),
  port: integer('PLINTH_PORT', { default: 8080, max: 65_535 }),
  logLevel: oneOf('PLINTH_LOG_LEVEL', ['silent', 'error', 'warn', 'info', 'debug', 'trace'], { default: 'info' }),
  natsUrl: text('PLINTH_NATS_URL', { default: 'nats://127.0.0.1:4222' }),
  natsUser: text('PLINTH_NATS_USER'),
  natsPassword: secret('PLINTH_NATS_PASSWORD'),
  identityPrivateKey: secret('PLINTH_IDENTITY_PRIVATE_KEY'),
  publicUrl: url('PLINTH_PUBLIC_URL', { default: 'http://localhost:8080' }),
  /** Where the portal's files are; empty serves none. */
  portalDir: text('PLINTH_PORTAL_DIR', { default: '' }),
  /** Origins besides the public one from which a browser may use its session, separated by commas. */
  allowedOrigins: text('PLINTH_ALLOWED_ORIGINS', { default: '' }),
  /** Of how many ordinary allows the decision log keeps one; denials and privileged allows it keeps all. */
  decisionSample: integer('PLINTH_DECISION_SAMPLE', { default: 100, min: 1, max: 1_000_000 }),
  policyStaleSeconds: integer('PLINTH_POLICY_STALE_SECONDS', { default: 300, min: 5 }),
  /** Where the gateway's own traces go, as OTLP over HTTP; empty for nowhere. */
  otlpUrl: text('PLINTH_OTLP_URL', { default: '' }),
  /** How many sign-ins one address may try at once, and again in each further minute. */
  signInsPerMinute: integer('PLINTH_SIGN_INS_PER_MINUTE', { default: 20, min: 1 }),
  /** Proxies whose word on the caller's address counts, as networks (10.0.0.0/8), separated by commas. */
  trustedProxies: networks('PLINTH_TRUSTED_PROXIES'),
  /** Limits of one subject a second, of which ten seconds' worth may be used at once; 0 for none. */
  readsPerSecond: integer('PLINTH_READS_PER_SECOND', { default: 1_000 }),
  writesPerSecond: integer('PLINTH_WRITES_PER_SECOND', { default: 500 }),
  streamsPerSecond: integer('PLINTH_STREAMS_PER_SECOND', { default: 50 }),
  /** The same of one address, whoever asks. */
  requestsPerSecond: integer('PLINTH_REQUESTS_PER_SECOND', { default: 5_000 }),
  /** What one subject may have under way at once. */
  requestsAtOnceMax: integer('PLINTH_REQUESTS_AT_ONCE_MAX', { default: 256, min: 1 }),
  streamsMax: integer('PLINTH_STREAMS_MAX', { default: 100, min: 1 }),
  /** How late the event loop may be before requests are refused. */
  eventLoopDelayMsMax: integer('PLINTH_EVENT_LOOP_DELAY_MAX_MS', { default: 500, min: 1 }),
  /** Metrics have a port of their own, which nobody outside should reach. */
  metricsHost: text('PLINTH_METRICS_HOST', { default: '127.0.0.1' }),
  metricsPort: integer('PLINTH_METRICS_PORT', { default: 9_464, max: 65_535 }),
  connectionsMax: integer('PLINTH_CONNECTIONS_MAX', { default: 4_096, min: 16 }),
}

const upstreamSettings: Record<string, Setting<string>> = Object.fromEntries(
  upstreamNames.map((name) => [name, url(`PLINTH_UPSTREAM_${name.toUpperCase()}`)]),
)

export type GatewayConfig = ReturnType<typeof readConfig<typeof settings>> & {
  upstreams: Readonly<Record<UpstreamName, string>>
}

/** Reads the environment; throws one error that lists every problem. */
export function gatewayConfig(environment?: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const all = readConfig({ ...upstreamSettings, ...settings }, environment) as GatewayConfig &
    Record<UpstreamName, string>
  const upstreams = Object.fromEntries(upstreamNames.map((name) => [name, all[name]])) as GatewayConfig['upstreams']
  return { ...all, upstreams }
}
