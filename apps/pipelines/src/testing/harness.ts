import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answer, answers, connectBus, subscribe, workQueue, type Bus } from '@plinth/bus'
import {
  appendJobLog,
  changedFiles,
  claimJob,
  fileIds,
  finishJob,
  heartbeatJob,
  issueIdentityToken,
  issueToken,
  jobStopSubject,
  listFiles,
  readFiles,
  repositoryPushed,
  resolveRevision,
  revokeToken,
  subjectOf,
  type CloudEvent,
  type RpcRequest,
  type RpcResponse,
} from '@plinth/contracts'
import { newId, type Worker } from '@plinth/kernel'
import { asIdentity, quietLogger, testKeys, testNats, testPostgres, type TestNats } from '@plinth/testkit'
import { pipelinesApp } from '../app.ts'
import { readSettings } from '../config.ts'
import { configFile } from '@plinth/ci'
import type { Limits } from '../parts.ts'

type Assignment = Extract<RpcResponse<typeof claimJob>, { claimed: true }>['assignment']
export type Claimed = { assignment: Assignment; ref: { job: string; attempt: number; runner: string } }
export type Offer = { job: string; attempt: number; project: string; offeredAtMs: number }

type ServedApp = { url: string; close(): Promise<void>; kill?(): Promise<void> }

/** The real `main.ts`, as it runs in production. */
async function startProcess(environment: Record<string, string>): Promise<ServedApp> {
  const child = fork(new URL('../main.ts', import.meta.url), {
    env: { ...process.env, ...environment, PLINTH_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [message] = (await once(child, 'message')) as [{ url: string }]
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  return { url: message.url, close: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/** The other services and a runner, as far as a pipeline meets them; everything of our own is the real thing. */
export class Harness {
  /** By path; what a push brings along stands in `configs`, by its revision. */
  readonly files = new Map<string, string>()
  private readonly configs = new Map<string, string | null>()
  readonly changed: { known: boolean; paths: string[] } = { known: false, paths: [] }
  readonly liveTokens = new Set<string>()
  readonly identityTokens: RpcRequest<typeof issueIdentityToken>[] = []
  readonly stops: { job: string; attempt: number }[] = []
  readonly offers: Offer[] = []
  readonly events: CloudEvent<Record<string, unknown>>[] = []
  tokensFail = false
  app: ServedApp
  readonly bus: Bus
  readonly dataDir: string
  private readonly nats: TestNats
  private readonly workers: Worker[] = []
  private readonly following = new AbortController()
  private readonly restartApp: () => Promise<ServedApp>
  private readonly dispose: () => Promise<void>

  private constructor(o: {
    app: ServedApp
    bus: Bus
    nats: TestNats
    dataDir: string
    restart: () => Promise<ServedApp>
    dispose: () => Promise<void>
  }) {
    this.app = o.app
    this.bus = o.bus
    this.nats = o.nats
    this.dataDir = o.dataDir
    this.restartApp = o.restart
    this.dispose = o.dispose
  }

  /** With `silenceMs` of its own and as a process of its own, for tests that kill it. */
  static startProcess(silenceMs: number): Promise<Harness> {
    return Harness.start({}, (environment) =>
      startProcess({ ...environment, PLINTH_JOB_SILENCE_MS: String(silenceMs) }),
    )
  }

  static async start(
    limits: Partial<Limits> = {},
    starter: (environment: Record<string, string>) => Promise<ServedApp> = (environment) =>
      pipelinesApp({ config: readSettings(environment), logger: quietLogger, limits }),
  ): Promise<Harness> {
    const [database, nats, dataDir] = await Promise.all([
      testPostgres(),
      testNats(),
      mkdtemp(join(tmpdir(), 'plinth-pipelines-')),
    ])
    const environment = {
      PLINTH_DATABASE_URL: database.url,
      PLINTH_NATS_URL: nats.url,
      PLINTH_NATS_USER: 'pipelines',
      PLINTH_NATS_PASSWORD: 'test',
      PLINTH_PORT: '0',
      PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
      PLINTH_DATA_DIR: dataDir,
    }
    const bus = await connectBus({ url: nats.url, user: 'test', password: 'test', name: 'test', logger: quietLogger })
    await bus.ensureStream('gitops')
    const restart = (): Promise<ServedApp> => starter(environment)
    const app = await restart()
    const dispose = async (): Promise<void> => {
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    }
    const harness = new Harness({ app, bus, nats, dataDir, restart, dispose })
    await harness.startOthers()
    return harness
  }

  private async startOthers(): Promise<void> {
    const others = answers(this.bus, [
      answer(readFiles, async ({ paths, revision }) => {
        const pushed = this.configs.get(revision)
        const textOf = (path: string): string | null =>
          path === configFile && pushed !== undefined ? pushed : (this.files.get(path) ?? null)
        return { files: Object.fromEntries(paths.map((path) => [path, textOf(path)])) }
      }),
      answer(listFiles, async () => ({ paths: [...this.files.keys()].toSorted(), truncated: false })),
      answer(fileIds, async ({ paths }) => ({ ids: paths.flatMap((path) => this.files.get(path) ?? []).toSorted() })),
      answer(changedFiles, async () => this.changed),
      answer(resolveRevision, async ({ ref }) =>
        ref === 'main'
          ? {
              found: true as const,
              revision: 'a'.repeat(40),
              ref: 'refs/heads/main',
              title: 'Title',
              author: 'Ana',
              protected: true,
              defaultBranch: 'main',
            }
          : { found: false as const },
      ),
      answer(issueToken, async ({ purpose }) => {
        if (this.tokensFail) throw new Error('authorization is down')
        this.liveTokens.add(purpose)
        return { token: `plt_${purpose}`, credentialId: 'tok_test' }
      }),
      answer(issueIdentityToken, async (wanted) => {
        this.identityTokens.push(wanted)
        return { token: `jwt.for.${wanted.audience.join('+')}` }
      }),
      answer(revokeToken, async ({ purpose }) => ({ revoked: this.liveTokens.delete(purpose) })),
    ])
    const stops = subscribe(
      this.bus,
      jobStopSubject,
      (data) => void this.stops.push(data as { job: string; attempt: number }),
    )
    const pulls = ['any', 'special'].map((token) =>
      workQueue(this.bus, 'jobs').pull({
        name: `test ${token}`,
        tokens: [token],
        maxInFlight: 2,
        handle: async (body) => this.takeOffer({ ...(body as Offer), offeredAtMs: performance.now() }),
      }),
    )
    this.workers.push(others, stops, ...pulls)
    for (const worker of this.workers) await worker.start()
    void this.follow()
  }

  /** What a test's runner does with an offer besides noting it. */
  onOffer: ((offer: Offer) => void) | undefined

  private takeOffer(offer: Offer): void {
    this.offers.push(offer)
    this.onOffer?.(offer)
  }

  private async follow(): Promise<void> {
    for await (const { event } of this.bus.follow({ sources: ['pipelines'], signal: this.following.signal })) {
      this.events.push(event as CloudEvent<Record<string, unknown>>)
    }
  }

  async close(): Promise<void> {
    this.following.abort()
    await Promise.all(this.workers.map((worker) => worker.stop()))
    await this.app.close()
    await this.bus.close()
    await this.nats.close()
    await this.dispose()
  }

  /** Kills the process of the service without a word and starts another on the same data. */
  async crash(): Promise<void> {
    await this.app.kill?.()
    this.app = await this.restartApp()
  }

  /** Stops it in order and starts it again. */
  async restart(): Promise<void> {
    await this.app.close()
    this.app = await this.restartApp()
  }

  /** Publishes a push; the same id again is a duplicate that the broker lets through after its window. */
  async push(
    project: string,
    config: string | undefined,
    o: { id?: string; title?: string; ref?: string; after?: string; protected?: boolean; repository?: string } = {},
  ): Promise<string> {
    const after = o.after ?? randomBytes(20).toString('hex')
    this.configs.set(after, config ?? null)
    const id = o.id ?? newId('evt')
    const event: CloudEvent = {
      specversion: '1.0', id, source: '/plinth/gitops', type: repositoryPushed.type, time: new Date().toISOString(), subject: 'ledger',
      datacontenttype: 'application/json', plinthproject: project,
      data: {
        project, repository: o.repository ?? 'ledger', ref: o.ref ?? 'refs/heads/main', before: '0'.repeat(40), after, defaultBranch: 'main',
        title: o.title ?? 'A change', author: 'Ana', protected: o.protected ?? true, actor: 'user:ana', cause: 'push',
      },
    } // prettier-ignore
    await this.bus.publish([
      {
        id: newId('evt'),
        subject: subjectOf(event.type, project, 'ledger'),
        key: `${project}/ledger`,
        body: JSON.stringify(event),
      },
    ])
    return id
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    o: { body?: unknown; who?: Parameters<typeof asIdentity>[0]; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; body: T; headers: Headers; text: string }> {
    const isBytes = o.body instanceof Uint8Array
    const response = await fetch(`${this.app.url}${path}`, {
      method,
      headers: {
        ...asIdentity(o.who ?? 'user:ana'),
        ...(o.body !== undefined && !isBytes && { 'content-type': 'application/json' }),
        ...o.headers,
      },
      ...(o.body !== undefined && { body: isBytes ? Buffer.from(o.body as Uint8Array) : JSON.stringify(o.body) }),
    })
    const text = await response.text()
    const isJson = (response.headers.get('content-type') ?? '').includes('json')
    return { status: response.status, body: (isJson ? JSON.parse(text) : {}) as T, headers: response.headers, text }
  }

  claim(job: string, attempt: number, runner = 'runner-1'): Promise<RpcResponse<typeof claimJob>> {
    return this.bus.ask(claimJob, { job, attempt, runner })
  }

  beat = ({ ref }: Claimed): Promise<RpcResponse<typeof heartbeatJob>> => this.bus.ask(heartbeatJob, ref)

  log = ({ ref }: Claimed, offset: number, text: string): Promise<RpcResponse<typeof appendJobLog>> =>
    this.bus.ask(appendJobLog, { ...ref, offset, text })

  finish = (
    { ref }: Claimed,
    outcome: RpcRequest<typeof finishJob>['outcome'],
    more: Partial<RpcRequest<typeof finishJob>> = {},
  ): Promise<RpcResponse<typeof finishJob>> =>
    this.bus.ask(finishJob, { ...ref, outcome, junit: [], dotenv: {}, ...more })
}
