import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answer, answers, type Bus } from '@plinth/bus'
import {
  createRepository,
  getWorkloadState,
  planWorkload,
  setWorkload,
  subjectOf,
  type CloudEvent,
  type EventData,
  type EventSpec,
  type RpcRequest,
} from '@plinth/contracts'
import { newId, systemClock, type AppError } from '@plinth/kernel'
import { asIdentity, quietLogger, testKeys, testNats, testStore, type TestStore } from '@plinth/testkit'
import { gitops, migrations } from '../app.ts'

/** What tests look at in an answer or an event; each test knows which of it is there. */
type Answer = {
  [
    Name in
      | 'id'
      | 'name'
      | 'state'
      | 'revision'
      | 'result'
      | 'diff'
      | 'deployment'
      | 'nextCursor'
      | 'sync'
      | 'toRevision'
  ]: string
} & { number: number; items: Answer[]; commits: Answer[]; lastSync?: Answer }
type Fact = {
  [Name in 'repository' | 'ref' | 'before' | 'after' | 'actor' | 'cause' | 'action' | 'outcome' | 'object']: string
}

type Desired = RpcRequest<typeof setWorkload>

/** The service on a database, a broker and a folder of its own, with a stand-in for provisioning and for the gateway. */
export type House = {
  url: string
  /** Basic authentication becomes the gateway's identity header: `user:ana` is the user name `ana`. */
  gitUrl(who: string, project: string, repository: string): string
  root: string
  store: TestStore['store']
  bus: Bus
  /** What provisioning was asked to run, newest last; `refuse` makes it say no. */
  deployments: Desired[]
  refuse: { setWorkload?: AppError; planWorkload?: AppError }
  call(
    who: string,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Answer }>
  publish<E extends EventSpec>(spec: E, entity: string, data: EventData<E>, time?: Date, id?: string): Promise<void>
  seed(
    project: string,
    repository: string,
    files?: Record<string, string>,
  ): Promise<{ revision: string; defaultBranch: string }>
  /** The data of every event of a type that left the service, in order. */
  told(type: string): Fact[]
  restart(): Promise<void>
  close(): Promise<void>
}

export async function startHouse(): Promise<House> {
  const [database, nats, dataDir] = await Promise.all([
    testStore({ migrations }),
    testNats(),
    mkdtemp(join(tmpdir(), 'plinth-gitops-')),
  ])
  const bus = await nats.bus('test')
  const own = await nats.bus('gitops')
  for (const source of ['provisioning', 'pipelines'] as const) await bus.ensureStream(source)
  await own.ensureStream('gitops')
  const heard: CloudEvent[] = []
  const ending = new AbortController()
  const hearing = hear(bus, heard, ending.signal)
  const { deployments, refuse, provisioning } = standIn(bus)
  await provisioning.start()
  const config = {
    host: '127.0.0.1',
    port: 0,
    identityPublicKey: testKeys.publicKey,
    publicUrl: 'http://localhost:8080',
    dataDir,
  }
  const start = () => gitops({ config, store: database.store, bus: own, logger: quietLogger, clock: systemClock })
  let running = await start()
  const gateway = await startGateway(() => running.url)
  const { port } = gateway
  return {
    get url() {
      return running.url
    },
    gitUrl: (who, project, repository) => `http://${who}:token@127.0.0.1:${port}/git/${project}/${repository}.git`,
    root: join(dataDir, 'repositories'),
    store: database.store,
    bus,
    deployments,
    refuse,
    call: (who, method, path, body, headers) => callAs(running.url, who, method, path, body, headers),
    publish: publishOn(bus),
    seed: (project, repository, files = { 'score.yaml': 'apiVersion: score.dev/v1b1\n', 'README.md': 'hello\n' }) =>
      bus.ask(createRepository, {
        project, repository, message: 'Begin', authorName: 'Ana', actor: 'user:ana',
        files: Object.entries(files).map(([path, content]) => ({ path, content, executable: false })),
      }), // prettier-ignore
    told: (type) => heard.filter((event) => event.type === type).map(({ data }) => data as Fact),
    async restart() {
      await running.close()
      running = await start()
    },
    async close() {
      ending.abort()
      await hearing
      gateway.close()
      await running.close()
      await provisioning.stop()
      await nats.close()
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Provisioning, as far as it is asked; a test makes it refuse. */
function standIn(bus: Bus) {
  const deployments: Desired[] = []
  const refuse: House['refuse'] = {}
  const provisioning = answers(bus, [
    answer(setWorkload, async (want) => {
      if (refuse.setWorkload) throw refuse.setWorkload
      deployments.push(want)
      return { deployment: want.deployment }
    }),
    answer(planWorkload, async () => {
      if (refuse.planWorkload) throw refuse.planWorkload
      return {
        changes: [
          { action: 'create' as const, kind: 'workload', name: 'ledger', summary: 'A new workload', fields: [] },
        ],
        gate: { allowed: true, reasons: [] },
      }
    }),
    answer(getWorkloadState, async () => ({ found: false as const })),
  ])
  return { deployments, refuse, provisioning }
}

/** A request as the gateway would forward it for this user. */
async function callAs(
  url: string,
  ...[who, method, path, body, headers = {}]: Parameters<House['call']>
): ReturnType<House['call']> {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(url + path, {
    method,
    ...content,
    headers: { ...content.headers, ...asIdentity(`user:${who}`), ...headers },
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer }
}

/** Publishes as another service would. */
const publishOn =
  (bus: Bus): House['publish'] =>
  async (spec, entity, data, time = new Date(), id = newId('evt')) => {
    const { project } = data as { project: string }
    const event = {
      specversion: '1.0', id, source: '/plinth/test', type: spec.type, time: time.toISOString(), subject: entity,
      datacontenttype: 'application/json', plinthproject: project, data,
    } // prettier-ignore
    const subject = subjectOf(spec.type, project, entity)
    await bus.publish([{ id: newId('evt'), subject, key: entity, body: JSON.stringify(event) }])
  }

async function hear(bus: Bus, heard: CloudEvent[], signal: AbortSignal): Promise<void> {
  for await (const { event } of bus.follow({ sources: ['gitops'], signal })) heard.push(event)
}

/** What the gateway does for git: proves who it is, strips what he says he is, and hands the bytes on. */
export async function startGateway(target: () => string): Promise<{ port: number; close(): void }> {
  const server = createServer((incoming, outgoing) => {
    const [, encoded = ''] = (incoming.headers.authorization ?? '').split(' ')
    const [user = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
    if (user === '') {
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="plinth"' }).end()
      return
    }
    const { authorization: _credential, host: _host, ...headers } = incoming.headers
    const url = new URL(incoming.url ?? '/', target())
    const onward = httpRequest(
      url,
      { method: incoming.method, headers: { ...headers, ...asIdentity(`user:${user}`) } },
      (answered) => {
        outgoing.writeHead(answered.statusCode ?? 502, answered.headers)
        answered.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

export type Ran = { code: number; stdout: string; stderr: string }

/** Runs a real git client; it never asks a person. */
export function runClient(cwd: string, args: readonly string[]): Promise<Ran> {
  const env = {
    PATH: process.env['PATH'], HOME: cwd, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C',
    GIT_AUTHOR_NAME: 'Ana', GIT_AUTHOR_EMAIL: 'ana@example.org', GIT_COMMITTER_NAME: 'Ana', GIT_COMMITTER_EMAIL: 'ana@example.org',
  } // prettier-ignore
  return new Promise((resolve) => {
    execFile(
      'git',
      ['-c', 'init.defaultBranch=main', '-c', 'advice.detachedHead=false', ...args],
      { cwd, env, timeout: 30_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, stdout, stderr })
      },
    )
  })
}

/** A clone with helpers; `ok` throws with what git said. */
export async function clone(url: string) {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-clone-'))
  const ok = async (...args: string[]): Promise<string> => {
    const ran = await runClient(folder, args)
    if (ran.code !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}`)
    return ran.stdout.trim()
  }
  await ok('clone', '-q', url, '.')
  return {
    folder,
    ok,
    run: (...args: string[]) => runClient(folder, args),
    async commit(path: string, content: string, message = `Change ${path}`) {
      await writeFile(join(folder, path), content)
      await ok('add', '-A')
      await ok('commit', '-q', '-m', message)
      return ok('rev-parse', 'HEAD')
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
