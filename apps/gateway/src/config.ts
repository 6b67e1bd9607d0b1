import { services, type ServiceName } from '@plinth/contracts'
import { integer, oneOf, readConfig, secret, text, url, type Setting } from '@plinth/kernel'

/** Every service behind the gateway. */
export type UpstreamName = Exclude<ServiceName, 'gateway'>
export const upstreamNames: readonly UpstreamName[] = services.filter((name) => name !== 'gateway')

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
