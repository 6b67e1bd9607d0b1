import { generateKeyPairSync } from 'node:crypto'
import type { Bus } from '@plinth/bus'
import { createClient, PlinthError } from '@plinth/client'
import { projectCreated, subjectOf } from '@plinth/contracts'
import { newId, type Clock, type Identity } from '@plinth/kernel'
import { asIdentity, quietLogger, testIdentity, testKeys, testNats, testPostgres, until } from '@plinth/testkit'
import { Client } from 'pg'
import { authorization } from './app.ts'
import { loadConfig } from './config.ts'

export const adminPassword = 'a long enough password'
export const runnerToken = `plt_${'r'.repeat(40)}`
const { privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

export type TestApp = Awaited<ReturnType<typeof testApp>>

/** The service on a database and a broker of its own, as a superuser of both may look at them. */
export async function testApp(options: { clock?: Clock } = {}) {
  const [database, nats] = await Promise.all([testPostgres(), testNats()])
  const bus = await nats.bus()
  const sql = new Client({ connectionString: database.url })
  await sql.connect()
  const config = loadConfig({
    PLINTH_DATABASE_URL: database.url,
    PLINTH_NATS_URL: nats.url,
    PLINTH_NATS_USER: 'authorization',
    PLINTH_NATS_PASSWORD: 'test',
    PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
    PLINTH_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    PLINTH_SIGNING_PRIVATE_KEY: privateKey,
    PLINTH_ADMIN_PASSWORD: adminPassword,
    PLINTH_RUNNER_TOKEN: runnerToken,
    // What is not signed by the clock is signed when a test asks for it.
    PLINTH_AUDIT_CHECKPOINT_SECONDS: '3600',
    PLINTH_PORT: '0',
  })
  const begin = () => authorization(config, { logger: quietLogger, ...options })
  let running = await begin()
  return {
    bus,
    nats,
    databaseUrl: database.url,
    url: () => running.url,
    /** Calls as somebody whom the gateway vouches for; nobody in particular unless said. */
    as: (who?: string | Identity) =>
      createClient({
        baseUrl: running.url,
        headers: () => (who === undefined ? {} : asIdentity(who, nowOf(options.clock))),
      }),
    async rows<Row extends Record<string, unknown>>(query: string, values: unknown[] = []): Promise<Row[]> {
      return (await sql.query<Row>(query, values)).rows
    },
    /** What the ledger has of an action, once it has as many as wanted. */
    async ledger(action: string, count = 1) {
      const find = async () => (await sql.query('select * from audit_entries where action = $1', [action])).rows
      await until(async () => (await find()).length >= count, { what: `${count} ledger entries of ${action}` })
      return find()
    },
    /** A new project; back once it is known here. */
    async project(name: string) {
      await bus.ensureStream('provisioning')
      await bus.publish([projectEvent(name)])
      await until(
        async () => (await sql.query('select 1 from groups where name = $1', [`${name}/jobs`])).rowCount === 1,
      )
    },
    async restart() {
      await running.close()
      running = await begin()
    },
    async close() {
      await running.close()
      await sql.end()
      await nats.close()
      await database.drop()
    },
  }
}

/** As provisioning tells of a new project. */
function projectEvent(project: string) {
  const id = newId('evt')
  const body = JSON.stringify({
    specversion: '1.0', id, source: '/plinth/test', type: projectCreated.type, time: new Date().toISOString(),
    subject: id, datacontenttype: 'application/json', plinthproject: project,
    data: { ...projectCreated.example, project },
  }) // prettier-ignore
  return { id, key: id, subject: subjectOf(projectCreated.type, project, id), body }
}

const nowOf = (clock?: Clock) => (clock === undefined ? {} : { nowSeconds: clock.now().getTime() / 1000 })

/** A user in a session, as the gateway makes him from his access token. */
export const inSession = (username: string, accessToken: string): Identity =>
  testIdentity(`user:${username}`, { credentialId: String(claimsOf(accessToken)['sid']) })

export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())

/** The refusal of a call; throws when the call went through. */
export async function refusal(call: Promise<unknown>): Promise<{ status: number; code: string; detail: string }> {
  try {
    await call
  } catch (error) {
    if (error instanceof PlinthError) return { status: error.status, code: error.code, detail: error.detail }
    throw error
  }
  throw new Error('the call was not refused')
}

/** Every event of a source that comes from now on. */
export function collect(bus: Bus, source: 'authorization', signal: AbortSignal): { type: string; data: unknown }[] {
  const found: { type: string; data: unknown }[] = []
  const follow = async (): Promise<void> => {
    for await (const { event } of bus.follow({ sources: [source], signal })) found.push(event)
  }
  follow().catch(() => undefined)
  return found
}
