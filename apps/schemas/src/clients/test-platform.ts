import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { compile, seedPolicy } from '@plinth/access'
import { answer, answers } from '@plinth/bus'
import { decide, policySnapshot, policySteps, resolveCredential, services, signingKeys } from '@plinth/contracts'
import type { RunningService } from '@plinth/service'
import { testKeys, testNats, testPassword, testPostgres, type TestDatabase, type TestNats } from '@plinth/testkit'
import { schemas } from '../app.ts'
import { loadConfig } from '../config.ts'

/** Tokens of those who ask: two programs that belong to a project, a person of both projects, and a stranger. */
export const tokens = {
  payments: 'plt_of_payments_program',
  shipping: 'plt_of_shipping_program',
  ana: 'plt_of_ana_of_both',
  eve: 'plt_of_eve_of_neither',
} as const
const subjects: Readonly<Record<string, string>> = {
  [tokens.payments]: 'sa:payments/orders',
  [tokens.shipping]: 'sa:shipping/orders',
  [tokens.ana]: 'user:ana',
  [tokens.eve]: 'user:eve',
}
const may = (subject: string, domain: string) =>
  ['role:developer', 'role:team-lead'].map((role) => ({ subject, role, domain }))
const links = [
  ...may('sa:payments/orders', 'payments'),
  ...may('sa:shipping/orders', 'shipping'),
  ...['payments', 'shipping', 'legacy', 'archive', 'copy'].flatMap((project) => may('user:ana', project)),
]

/** What authorization answers, from memory. */
export function authorizationAnswers() {
  const seed = seedPolicy()
  const policy = { revision: 1, rules: seed.rules, links: [...seed.links, ...links] }
  const index = compile(policy)
  const rules = policy.rules.map((rule) => ({ ...rule }))
  const given = policy.links.map(({ subject, role, domain }) => ({ subject, role, domain }))
  return [
    answer(policySnapshot, () => Promise.resolve({ revision: 1, pages: 1, rules, links: given })),
    answer(policySteps, () => Promise.resolve({ revision: 1, complete: true, steps: [] })),
    answer(signingKeys, () => Promise.resolve({ keys: [] })),
    answer(decide, ({ questions }) =>
      Promise.resolve({
        revision: 1,
        decisions: questions.map((question) => {
          const { allowed, reason } = index.decide(question)
          return { allowed, reason }
        }),
      }),
    ),
    answer(resolveCredential, ({ credential }) => {
      const subject = subjects[credential]
      if (subject === undefined) return Promise.resolve({ found: false as const })
      const identity = {
        subject, subjects: [subject], displayName: subject, credentialId: `tok_${subject}`, claims: {},
        expiresAtMs: Date.now() + 3_600_000,
      } // prettier-ignore
      return Promise.resolve({ found: true as const, identity })
    }),
  ]
}

export const gatewayProgram = fileURLToPath(new URL('../../../gateway/src/main.ts', import.meta.url))

/** A gateway in a process of its own, as it stands before the services in earnest; every service behind it is this one. */
async function startGatewayProcess(natsUrl: string, serviceUrl: string) {
  const child = spawn(process.execPath, [gatewayProgram], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      PLINTH_PORT: '0', PLINTH_METRICS_PORT: '0', PLINTH_NATS_URL: natsUrl, PLINTH_NATS_USER: 'gateway',
      PLINTH_NATS_PASSWORD: testPassword, PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey,
      ...Object.fromEntries(services.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, serviceUrl])),
    },
  }) // prettier-ignore
  return { child, url: await addressOf(child) }
}

/** Its log says where it listens; all that comes after is read and thrown away. */
async function addressOf(child: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<string> {
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)))
    lines.on('line', (line) => {
      if (!line.includes('"gateway listens"')) return
      lines.close()
      child.stdout.resume()
      resolve((JSON.parse(line) as { url: string }).url)
    })
  })
}

export type RegistryPlatform = {
  /** Of the gateway; the registry's clients add `/schema-registry`. */
  url: string
  registryUrl: string
  database: TestDatabase
  close(): Promise<void>
}

/** The registry behind a real gateway, on a broker and a database of their own; authorization is answered from memory. */
export async function registryPlatform(): Promise<RegistryPlatform> {
  const [database, nats] = await Promise.all([testPostgres(), testNats()])
  const bus = await nats.bus('test')
  await bus.ensureStream('authorization')
  const authorization = answers(bus, authorizationAnswers())
  await authorization.start()
  const service = await startRegistry(database, nats)
  const gateway = await startGatewayProcess(nats.url, service.url)
  return {
    url: gateway.url,
    registryUrl: `${gateway.url}/schema-registry`,
    database,
    async close() {
      const exited = once(gateway.child, 'exit')
      gateway.child.removeAllListeners('exit').kill('SIGKILL')
      await Promise.race([exited, once(gateway.child, 'close')])
      await service.close()
      await authorization.stop()
      await nats.close()
      await database.drop()
    },
  }
}

const startRegistry = (database: TestDatabase, nats: TestNats): Promise<RunningService> =>
  schemas(
    loadConfig({
      PLINTH_DATABASE_URL: database.url,
      PLINTH_NATS_URL: nats.url,
      PLINTH_NATS_USER: 'schemas',
      PLINTH_NATS_PASSWORD: testPassword,
      PLINTH_PORT: '0',
      PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
      PLINTH_LOG_LEVEL: 'silent',
    }),
  )
