import { randomBytes } from 'node:crypto'
import type { Bus } from '@plinth/bus'
import { systemClock } from '@plinth/kernel'
import { asIdentity, closeTestBus, quietLogger, testBus, testKeys, testStore } from '@plinth/testkit'
import { Client } from 'pg'
import { migrations, provisioning } from '../app.ts'
import { createHouse, type House } from './house.ts'

/** A role as the installer makes it: may create databases and roles, is no superuser. Removed with `drop`. */
export async function testAdminRole(superuserUrl: string): Promise<{
  url: string
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  drop(): Promise<void>
}> {
  const name = `provisioner_${randomBytes(4).toString('hex')}`
  // Not on the test's own database: that one is dropped first.
  const server = new URL(superuserUrl)
  server.pathname = '/postgres'
  const client = new Client({ connectionString: server.href })
  await client.connect()
  await client.query(`create role ${name} login createdb createrole password 'secret'`)
  const url = new URL(superuserUrl)
  Object.assign(url, { username: name, password: 'secret', pathname: '/postgres' })
  return {
    url: url.href,
    query: async <Row extends object>(text: string, values: unknown[] = []) =>
      (await client.query(text, values)).rows as Row[],
    async drop() {
      const owned = await client.query<{ role: string }>(
        `select r.rolname as role from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles a on a.oid = m.member where a.rolname = $1`,
        [name],
      )
      for (const { role } of owned.rows) {
        await client.query(`drop database if exists "${role}" with (force)`)
        await client.query(`drop role if exists "${role}"`)
      }
      await client.query(`drop owned by ${name}`)
      await client.query(`drop role if exists ${name}`)
      await client.end()
    },
  }
}

export const secretKey = randomBytes(32).toString('base64')

type Answer = { status: number; body: Record<string, unknown> & { items?: Record<string, unknown>[] } }

/** The whole service on real PostgreSQL and NATS, its neighbours stood up by the test. */
export async function createStand() {
  const database = await testStore({ migrations })
  const admin = await testAdminRole(database.url)
  const others: Bus = await testBus()
  const house: House = createHouse(others)
  await house.worker.start()
  const bus = await testBus('provisioning')
  const config = {
    host: '127.0.0.1', port: 0, identityPublicKey: testKeys.publicKey, publicUrl: 'http://localhost:8080', otlpUrl: '', secretKey,
    postgresAdminUrl: admin.url, runnerName: 'local', edgePort: 8081,
  } // prettier-ignore
  const app = await provisioning({ config, store: database.store, bus, logger: quietLogger, clock: systemClock })
  const call = async (
    method: string,
    path: string,
    { body, who = 'user:ana', headers = {} }: { body?: unknown; who?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const response = await fetch(`${app.url}${path}`, {
      method,
      headers: { ...asIdentity(who), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }
  return {
    app, house, store: database.store, admin, bus: others, call, config,
    async close() {
      await app.close()
      await house.worker.stop()
      await closeTestBus()
      await database.close()
      await admin.drop()
    },
  } // prettier-ignore
}

export type Stand = Awaited<ReturnType<typeof createStand>>

/** A project, and a component that is ready. */
export async function withComponent({ call }: Stand, project = 'payments', name = 'ledger'): Promise<void> {
  await call('POST', '/api/v1/projects', { body: { name: project } })
  const { body } = await call('POST', `/api/v1/projects/${project}/components`, {
    body: { name, template: 'node-service' },
  })
  const events = await fetchEvents(call, project, String(body['id']))
  if (events['state'] !== 'succeeded') throw new Error(`the component was not made: ${JSON.stringify(events)}`)
}

async function fetchEvents(call: Stand['call'], project: string, id: string): Promise<Record<string, unknown>> {
  for (let attempt = 0; ; attempt++) {
    const { body } = await call('GET', `/api/v1/projects/${project}/operations/${id}`)
    if (body['state'] !== 'running' || attempt > 500) return body
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
