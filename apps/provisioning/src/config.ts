import { integer, readConfig, secret, text } from '@plinth/kernel'
import { baseSettings } from '@plinth/service'

export type Config = ReturnType<typeof loadConfig>

/** Throws ConfigError with every problem. */
export const loadConfig = (environment: NodeJS.ProcessEnv = process.env) =>
  readConfig(
    {
      ...baseSettings({ port: 8082 }),
      /** 32 bytes, base64: what passwords and tokens are encrypted with at rest. */
      secretKey: secret('PLINTH_SECRET_KEY'),
      /** A role with CREATEDB and CREATEROLE on the server that workloads get their databases on. */
      postgresAdminUrl: secret('PLINTH_POSTGRES_ADMIN_URL'),
      runnerName: text('PLINTH_RUNNER_NAME', { default: 'local' }),
      edgePort: integer('PLINTH_EDGE_PORT', { default: 8081, min: 1, max: 65_535 }),
    },
    environment,
  )
