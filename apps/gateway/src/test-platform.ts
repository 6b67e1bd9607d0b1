import { answer, answers, type Bus } from '@plinth/bus'
import {
  credentialEnded, failure, openPortalSession, operations, policyChanged, resolveCredential, signingKeys, subjectOf,
  type CloudEvent, type EventData, type EventSpec,
} from '@plinth/contracts' // prettier-ignore
import { newId, type Identity, type Worker } from '@plinth/kernel'
import { service, type Ask, type RunningService } from '@plinth/service'
import { quietLogger, testKeys, testNats, type TestNats } from '@plinth/testkit'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startGateway, type Gateway, type GatewayOptions } from './app.ts'
import { gatewayConfig, upstreamNames } from './config.ts'
import { policyAnswers, testPolicy, type Step, type TestPolicy } from './test-support/test-policy.ts'

export const issuer = 'http://localhost:8080'
export const signingPair = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})

export type Claims = Record<string, unknown>
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Signs any two texts as a token, whatever they say. */
export function signedToken(head: string, body: string, key = signingPair.privateKey): string {
  const input = `${head}.${body}`
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}
export const goodHeader = { alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' }
export function goodClaims(subject: string): Claims {
  const now = Math.floor(Date.now() / 1000)
  return { iss: issuer, aud: 'plinth', sub: subject, sid: `ses_${subject.slice(5)}`, iat: now, exp: now + 600 }
}
/** An access token as authorization makes them; a claim or header may be another, or be left out by `undefined`. */
export const accessToken = (subject: string, claims: Claims = {}, header: Claims = {}): string =>
  signedToken(encoded({ ...goodHeader, ...header }), encoded({ ...goodClaims(subject), ...claims }))

export type Authorization = TestPolicy & {
  credentials: Map<string, Omit<Identity, 'requestId'>>
  /** Until it resolves, nobody is told who a credential stands for. */
  held: Promise<void> | undefined
  waiting: number
  worker: Worker
  /** Stores the change and tells of it, as the service does: with the step, or of the revision alone, or not at all. */
  change(work: () => void, tell?: 'step' | 'revision' | 'nobody'): Promise<void>
  /** Tells of a revision, perhaps once more. */
  tell(revision: number, step?: Step): Promise<void>
  end(credentialId: string): Promise<void>
}

/** The questions that authorization answers, from memory. */
export function testAuthorization(bus: Bus): Authorization {
  const publish = async <E extends EventSpec>(spec: E, entity: string, data: EventData<E>): Promise<void> => {
    const id = newId('evt')
    const event: CloudEvent = {
      specversion: '1.0', id, source: '/plinth/authorization', type: spec.type, time: new Date().toISOString(), subject: entity,
      datacontenttype: 'application/json', plinthproject: 'platform', data,
    } // prettier-ignore
    await bus.publish([
      { id, key: entity, subject: subjectOf(spec.type, 'platform', entity), body: JSON.stringify(event) },
    ])
  }
  const resolved = (identity: Omit<Identity, 'requestId'>) => ({
    ...identity, subjects: [...identity.subjects], claims: { ...identity.claims }, expiresAtMs: Date.now() + 3_600_000,
  }) // prettier-ignore
  const policy = testPolicy([
    { subject: 'user:dev', role: 'role:developer', domain: 'payments' },
    { subject: 'user:root', role: 'role:administrator', domain: '*' },
  ])
  const state: Authorization = Object.assign(policy, {
    credentials: new Map<string, Omit<Identity, 'requestId'>>(),
    held: undefined as Promise<void> | undefined,
    waiting: 0,
    async change(work: () => void, how: 'step' | 'revision' | 'nobody' = 'step') {
      work()
      const step = policy.commit()
      if (how !== 'nobody') await state.tell(step.revision, how === 'step' ? step : undefined)
    },
    tell: (revision: number, step?: Step) =>
      publish(policyChanged, 'policy', { revision, ...(step !== undefined && { step }) }),
    async end(credentialId: string) {
      for (const [secret, identity] of state.credentials)
        if (identity.credentialId === credentialId) state.credentials.delete(secret)
      await publish(credentialEnded, credentialId, { credentialId, subject: 'user:any' })
    },
    worker: answers(bus, [
      ...policyAnswers(policy),
      answer(signingKeys, () =>
        Promise.resolve({ keys: [{ kid: 'k1', alg: 'EdDSA', publicKeyPem: signingPair.publicKey }] }),
      ),
      answer(resolveCredential, async ({ credential }) => {
        state.waiting++
        await state.held
        state.waiting--
        const identity = state.credentials.get(credential)
        return identity ? { found: true as const, identity: resolved(identity) } : { found: false as const }
      }),
      answer(openPortalSession, ({ username, password }) => {
        if (password !== 'right') return Promise.reject(failure('authorization.credentials_wrong'))
        const secret = `pls_${newId('ses')}`
        const identity = identityOf(`user:${username}`, newId('ses'))
        state.credentials.set(secret, identity)
        return Promise.resolve({ secret, identity: resolved(identity) })
      }),
    ]),
  })
  return state
}

export const identityOf = (subject: string, credentialId: string): Omit<Identity, 'requestId'> => ({
  subject,
  subjects: [subject],
  displayName: subject.slice(subject.indexOf(':') + 1),
  credentialId,
  claims: {},
})

/** What reached the service behind the gateway. */
export type Seen = { operation: string; who: Identity; headers: Record<string, unknown>; url: string; bytes: number }

const seenBy = (seen: Seen[], operation: string, ask: Ask, bytes = 0): void =>
  void seen.push({ operation, who: ask.who, headers: { ...ask.headers }, url: ask.raw.url, bytes })

async function consume(ask: Ask): Promise<number> {
  let bytes = 0
  for await (const chunk of ask.raw.raw) bytes += (chunk as Buffer).length
  return bytes
}

const paymentsProject = {
  name: 'payments',
  description: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'user:root',
}

/** A service of the house, standing for all of them: it takes only identities that the gateway signed. */
export async function testUpstream(
  seen: Seen[],
  authorization: () => Authorization,
  otlpUrl = '',
): Promise<RunningService> {
  const {
    getProject,
    listProjects,
    listTree,
    gitAdvertise,
    gitReceivePack,
    tailLogs,
    createSession,
    endSession,
    getWorkload,
    scaleWorkload,
    ingestLogs,
  } = operations
  const routes = {
    getProject,
    listProjects,
    listTree,
    gitAdvertise,
    gitReceivePack,
    tailLogs,
    createSession,
    endSession,
    getWorkload,
    scaleWorkload,
    ingestLogs,
  }
  const note = (operation: string, answered: (ask: Ask) => unknown) => async (ask: Ask) => {
    seenBy(seen, operation, ask)
    return answered(ask)
  }
  const raw = (operation: string) => async (ask: Ask) => {
    seenBy(seen, operation, ask, await consume(ask))
    ask.reply.header('content-type', 'text/plain').send('raw answer')
  }
  const handlers = {
    getProject: note('getProject', () => paymentsProject),
    listProjects: note('listProjects', () => ({ items: [] })),
    listTree: note('listTree', () => ({ items: [] })),
    gitAdvertise: note(
      'gitAdvertise',
      (ask) =>
        void ask.reply
          .header('connection', 'x-secret')
          .header('set-cookie', 'a=b')
          .header('x-secret', '1')
          .send('refs'),
    ),
    gitReceivePack: raw('gitReceivePack'),
    ingestLogs: raw('ingestLogs'),
    getWorkload: note('getWorkload', () => ({})),
    scaleWorkload: note('scaleWorkload', () => ({})),
    tailLogs: note('tailLogs', (ask) => ticks(ask.signal)),
    createSession: note('createSession', () => ({ accessToken: 'a', refreshToken: 'b', expiresInSeconds: 1 })),
    endSession: note('endSession', (ask) => authorization().end(ask.who.credentialId)),
  }
  return service({
    name: 'upstream',
    contract: { service: 'provisioning', routes },
    handlers: handlers as never,
    logger: quietLogger,
    config: { port: 0, host: '127.0.0.1', identityPublicKey: testKeys.publicKey, otlpUrl },
    health: [],
    workers: [],
  })
}

async function* ticks(signal: AbortSignal): AsyncGenerator<{ id: string; data: unknown }> {
  for (let tick = 1; !signal.aborted; tick++) {
    yield { id: String(tick), data: { tick } }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export type TestPlatform = {
  nats: TestNats
  bus: Bus
  authorization: Authorization
  upstream: RunningService
  seen: Seen[]
  gateway: Gateway
  portalDir: string
  start(environment?: Record<string, string>, options?: GatewayOptions): Promise<Gateway>
  close(): Promise<void>
}

/** A broker, authorization's answers, one service, and the gateway before them, all on real sockets. */
export async function testPlatform(environment: Record<string, string> = {}): Promise<TestPlatform> {
  const nats = await testNats()
  const bus = await nats.bus('test')
  await bus.ensureStream('authorization')
  const authorization = testAuthorization(bus)
  await authorization.worker.start()
  const seen: Seen[] = []
  const upstream = await testUpstream(seen, () => authorization, environment['PLINTH_OTLP_URL'])
  const portalDir = await mkdtemp(join(tmpdir(), 'plinth-portal-'))
  const gateways: Gateway[] = []
  const start = async (more: Record<string, string> = {}, options: GatewayOptions = {}): Promise<Gateway> => {
    const config = gatewayConfig({
      PLINTH_PORT: '0', PLINTH_NATS_URL: nats.url, PLINTH_NATS_USER: 'gateway', PLINTH_NATS_PASSWORD: 'test',
      PLINTH_IDENTITY_PRIVATE_KEY: testKeys.privateKey, PLINTH_PORTAL_DIR: portalDir, PLINTH_SIGN_INS_PER_MINUTE: '1000', PLINTH_METRICS_PORT: '0',
      ...Object.fromEntries(upstreamNames.map((name) => [`PLINTH_UPSTREAM_${name.toUpperCase()}`, upstream.url])),
      ...environment, ...more,
    }) // prettier-ignore
    const gateway = await startGateway(config, quietLogger, options)
    gateways.push(gateway)
    return gateway
  }
  const gateway = await start()
  return {
    nats, bus, authorization, upstream, seen, gateway, portalDir, start,
    async close() {
      await Promise.all(gateways.map((one) => one.close()))
      await upstream.close()
      await authorization.worker.stop()
      await nats.close()
    },
  } // prettier-ignore
}

export type Call = { method?: string; headers?: Record<string, string>; body?: string | ReadableStream }

/** How tests ask the gateway of a platform, which may not be there yet: by fetch, or with text that no client would send. */
export const testCalls = (platform: () => TestPlatform) => ({
  at: (path: string, { headers = {}, ...options }: Call = {}): Promise<Response> =>
    fetch(`${platform().gateway.url}${path}`, { ...options, headers, duplex: 'half' }),
  raw: (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port, hostname } = new URL(platform().gateway.url)
      let answer = ''
      const socket = connect(Number(port), hostname, () => socket.write(text))
      socket
        .setEncoding('utf8')
        .on('data', (data) => (answer += String(data)))
        .on('error', reject)
        .on('close', () => resolve(answer))
    }),
})
export const as = (subject: string): Record<string, string> => ({ authorization: `Bearer ${accessToken(subject)}` })
export const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code
