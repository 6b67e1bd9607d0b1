import { startNats } from './nats.ts'
import { postgresVariable, startPostgres } from './postgres.ts'

/** vitest's globalSetup of the integration tests: one PostgreSQL and one nats-server for the whole run. */
export async function setup(): Promise<() => Promise<void>> {
  const [postgres, nats] = await Promise.all([
    process.env[postgresVariable] === undefined ? startPostgres() : undefined,
    process.env['PLINTH_TEST_NATS_URL'] === undefined ? startNats() : undefined,
  ])
  if (postgres !== undefined) process.env[postgresVariable] = postgres.url
  return async () => {
    await Promise.all([postgres?.stop(), nats?.close()])
  }
}
