import { join } from 'node:path'
import { services as serviceNames, type ServiceName } from '@plinth/contracts'
import { root, type Home } from './home.ts'
import { secretKeyOf, type Secrets } from './secrets.ts'

export type ProcessName = ServiceName | 'runner'

/** Those with a database of their own. */
export const withDatabase = ['authorization', 'provisioning', 'gitops', 'schemas', 'pipelines'] as const

/** All processes of the platform; each starts by itself and waits for what it needs. */
export const processNames: readonly ProcessName[] = [...serviceNames, 'runner']

export const entryOf = (name: ProcessName): string => join(root, 'apps', name, 'src', 'main.ts')

export type Addresses = {
  publicUrl: string
  edgePort: number
  natsUrl: string
  postgresPort: number
  /** Where the gateway tells its metrics, and nothing else. */
  metricsPort: number
  /** Of each process, by name. */
  ports: Readonly<Record<string, number>>
}

const databaseUrl = (role: string, password: string, port: number): string =>
  `postgresql://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${role}`

export const databaseRole = (name: string): string => `plinth_${name}`
export const provisionerRole = 'plinth_provisioner'

/** The environment of one process: what it needs and nothing of the others' secrets. */
export function environmentOf(name: ProcessName, home: Home, secrets: Secrets, at: Addresses): Record<string, string> {
  const common: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '/',
    LANG: 'C.UTF-8',
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules', '.cache', 'plinth'),
    PLINTH_HOST: '127.0.0.1',
    PLINTH_PORT: String(at.ports[name]),
    PLINTH_NATS_URL: at.natsUrl,
    PLINTH_NATS_USER: name,
    PLINTH_NATS_PASSWORD: secrets.nats[name] ?? '',
    PLINTH_PUBLIC_URL: at.publicUrl,
    PLINTH_EDGE_PORT: String(at.edgePort),
    PLINTH_DATA_DIR: home.data(name),
    PLINTH_LOG_LEVEL: process.env['PLINTH_LOG_LEVEL'] ?? 'info',
    PLINTH_IDENTITY_PUBLIC_KEY: secrets.identityPublicKey,
  }
  if ((withDatabase as readonly string[]).includes(name)) {
    const role = databaseRole(name)
    common['PLINTH_DATABASE_URL'] = databaseUrl(role, secrets.postgres[name] ?? '', at.postgresPort)
  }
  return { ...common, ...(name !== 'runner' && ownTraces()), ...extras[name](secrets, at) }
}

/**
 * Nowhere unless asked for: the platform's own telemetry takes records of workloads only, each vouched for by the
 * credential of its deployment, and no service of the platform is one. The headers are those of the collector.
 */
function ownTraces(): Record<string, string> {
  const asked = ['PLINTH_OTLP_URL', 'OTEL_EXPORTER_OTLP_HEADERS'].map(
    (name) => [name, process.env[name] ?? ''] as const,
  )
  return Object.fromEntries(asked.filter(([, value]) => value !== ''))
}

type Extra = (secrets: Secrets, at: Addresses) => Record<string, string>

const extras: Record<ProcessName, Extra> = {
  gateway: (secrets, at) => ({
    PLINTH_IDENTITY_PRIVATE_KEY: secrets.identityPrivateKey,
    PLINTH_PORTAL_DIR: join(root, 'apps', 'portal', 'dist'),
    PLINTH_METRICS_PORT: String(at.metricsPort),
    ...Object.fromEntries(
      serviceNames
        .filter((service) => service !== 'gateway')
        .map((service) => [`PLINTH_UPSTREAM_${service.toUpperCase()}`, `http://127.0.0.1:${at.ports[service]}`]),
    ),
  }),
  authorization: (secrets) => ({
    PLINTH_SECRET_KEY: secretKeyOf(secrets, 'authorization'),
    PLINTH_SIGNING_PRIVATE_KEY: secrets.signingPrivateKey,
    PLINTH_ADMIN_USERNAME: 'admin',
    PLINTH_ADMIN_PASSWORD: secrets.adminPassword,
    PLINTH_RUNNER_TOKEN: secrets.runnerToken,
  }),
  provisioning: (secrets, at) => ({
    PLINTH_SECRET_KEY: secrets.secretKey,
    PLINTH_POSTGRES_ADMIN_URL: `postgresql://${provisionerRole}:${encodeURIComponent(secrets.postgres['provisioner'] ?? '')}@127.0.0.1:${at.postgresPort}/postgres`,
    PLINTH_RUNNER_NAME: 'local',
  }),
  gitops: () => ({}),
  schemas: () => ({}),
  pipelines: () => ({}),
  telemetry: () => ({}),
  // On this machine the launcher is the whole platform: when it stops, the workloads stop with it.
  runner: (secrets) => ({
    PLINTH_RUNNER_NAME: 'local',
    PLINTH_RUNNER_TOKEN: secrets.runnerToken,
    PLINTH_RUNNER_ON_STOP: 'stop',
  }),
}
