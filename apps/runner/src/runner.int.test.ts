import { answer, answers, subscribe, workQueue, type Bus } from '@plinth/bus'
import {
  appendJobLog,
  claimJob,
  finishJob,
  heartbeatJob,
  hostWorkload,
  jobStopSubject,
  observeWorkload,
  removeHostedWorkload,
  workloadNudgeSubject,
  type RpcRequest,
} from '@plinth/contracts'
import { testNats, until, type TestNats } from '@plinth/testkit'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeTree } from './files/durable-file.ts'
import { processesWithVariable } from './processes/process-identity.ts'
import { replicaMarker } from './workloads/replica-process.ts'
import { outside, serverSource, temporaryFolder, wishOf, type Outside } from './testing/fixtures.ts'
import { freePort } from './workloads/ports.ts'

const name = 'payments.development.ledger'
const host = 'ledger.development.payments.localhost'
let nats: TestNats
let bus: Bus
let gateway: Outside
let folder: string
let edgePort: number
let runner: ChildProcess | undefined
const processes: ChildProcess[] = []

beforeAll(async () => {
  ;[nats, gateway] = await Promise.all([testNats(), outside()])
  bus = await nats.bus('test')
  await workQueue(bus, 'jobs').ensure()
  folder = temporaryFolder()
  edgePort = await freePort(new Set())
})
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL')
  await nats.close()
  await gateway.close()
  for (const { pid, value } of processesWithVariable(replicaMarker))
    if (value.startsWith(folder)) process.kill(pid, 'SIGKILL')
  removeTree(folder)
})

/** The runner as it is started in earnest: its own process, its own environment. */
const start = async (): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [join(fileURLToPath(import.meta.url), '../main.ts')], {
    env: {
      PATH: process.env['PATH'],
      PLINTH_NATS_URL: nats.url,
      PLINTH_NATS_USER: 'runner',
      PLINTH_NATS_PASSWORD: 'test',
      PLINTH_DATA_DIR: folder,
      PLINTH_RUNNER_TOKEN: 'runner-token',
      PLINTH_RUNNER_NAME: 'local',
      PLINTH_PORT: '0',
      PLINTH_EDGE_PORT: String(edgePort),
      PLINTH_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  processes.push(child)
  runner = child
  await once(child, 'message')
  return child
}
const kill = async (): Promise<void> => {
  const exited = runner && once(runner, 'exit')
  runner?.kill('SIGKILL')
  await exited
}
const get = async (path: string): Promise<string> => {
  const answer = await request(`http://127.0.0.1:${edgePort}${path}`, { headers: { host } })
  return `${answer.statusCode} ${await answer.body.text()}`
}
const observed = async () => {
  const answer = await bus.ask(observeWorkload, { name }, { instance: 'local' })
  return answer.found ? answer.state : undefined
}
const replicaProcesses = (): number[] =>
  processesWithVariable(replicaMarker)
    .filter(({ value }) => value.startsWith(folder))
    .map(({ pid }) => pid)
    .sort((a, b) => a - b)

test('hosts by command over the bus, tells of each change, and outlives kill -9: the same processes are adopted', async () => {
  await start()
  const told: unknown[] = []
  await subscribe(bus, workloadNudgeSubject('local'), (data) => void told.push(data)).start()
  const wish = await wishOf(gateway, name, serverSource('one'), { deployment: 'dep_1' })
  await until(() => bus.ask(hostWorkload, wish, { instance: 'local' }), { timeoutMs: 10_000 })
  await until(async () => (await observed())?.state === 'running', { timeoutMs: 20_000 })
  expect(told).toContainEqual({ name })
  expect(await get('/')).toBe('200 one')
  const before = replicaProcesses()
  expect(before.length).toBeGreaterThanOrEqual(2)

  await kill()
  expect(replicaProcesses()).toEqual(before)
  await start()
  // The edge listens only when it knows them: the first request after the start is answered.
  expect(await get('/')).toBe('200 one')
  await until(async () => (await observed())?.readyReplicas === 2, { timeoutMs: 10_000 })
  expect(replicaProcesses()).toEqual(before)
  expect(await observed()).toMatchObject({ state: 'running', restarts: 0, liveDeployment: 'dep_1' })
}, 60_000)

test('output arrives as logs, requests as spans, usage as metrics, each with the token of the workload', async () => {
  await get('/hello')
  const of = (path: string) => gateway.received.filter(({ url }) => url === `/otlp/v1/${path}`)
  await until(() => of('traces').length > 0 && of('logs').length > 0, { timeoutMs: 10_000, what: 'telemetry' })
  const logs = of('logs')
    .map(({ body }) => body.toString())
    .join('')
  expect(logs).toContain('"stringValue":"starts one"')
  expect(logs).toContain(`"traceId":"${'ab'.repeat(16)}"`)
  // Both replicas' lines; a kill between an answer and the note of it, as in the tests before, may bring one twice.
  expect(logs.match(/starts one/g)?.length).toBeGreaterThanOrEqual(2)
  expect(
    of('traces')
      .map(({ body }) => body.toString('latin1'))
      .join(''),
  ).toContain('plinth.deployment')
  await until(() => of('metrics').some(({ body }) => body.includes('plinth.workload.cpu.utilization')), {
    timeoutMs: 15_000,
  })
  const metrics = of('metrics')
    .map(({ body }) => body.toString())
    .join('')
  for (const metric of ['memory.usage', 'requests', 'errors', 'duration.p95', 'replicas'])
    expect(metrics).toContain(`plinth.workload.${metric}`)
  expect(new Set([...of('logs'), ...of('traces'), ...of('metrics')].map(({ authorization }) => authorization))).toEqual(
    new Set(['Bearer telemetry-token']),
  )
}, 40_000)

test('without the control plane, requests are served and a replica that dies is replaced, also after a restart', async () => {
  await nats.kill()
  expect(await get('/')).toBe('200 one')
  await get('/crash').catch(() => undefined)
  await until(async () => (await get('/')) === '200 one')
  await kill()
  await start()
  expect(await get('/')).toBe('200 one')
  await nats.start()
  await until(async () => (await observed())?.readyReplicas === 2, { timeoutMs: 20_000 })
}, 60_000)

test('killed in the middle of a replacement, it ends it: one version, no process too many', async () => {
  const wish = await wishOf(gateway, name, serverSource('two', 1_000), { deployment: 'dep_2' })
  await bus.ask(hostWorkload, wish, { instance: 'local' })
  for (let round = 0; round < 3; round++) {
    const pids = replicaProcesses()
    await until(() => replicaProcesses().some((pid) => !pids.includes(pid)) || round > 0, { timeoutMs: 5_000 })
    await kill()
    await start()
  }
  await until(async () => (await observed())?.liveDeployment === 'dep_2', { timeoutMs: 30_000 })
  await until(
    () =>
      new Set(
        processesWithVariable(replicaMarker)
          .filter(({ value }) => value.startsWith(folder))
          .map(({ value }) => value),
      ).size === 2,
    { timeoutMs: 15_000 },
  )
  expect(await get('/')).toBe('200 two')
}, 90_000)

test('is removed by command, with everything of it', async () => {
  await until(async () => (await bus.ask(removeHostedWorkload, { name }, { instance: 'local' })).gone, {
    timeoutMs: 15_000,
  })
  expect(replicaProcesses()).toEqual([])
  expect((await get('/')).slice(0, 3)).toBe('404')
  expect(await observed()).toBeUndefined()
}, 30_000)

test('takes an offer from the queue, streams the log, stops at a nudge, and tells the end once', async () => {
  const service = await nats.bus('pipelines')
  let log = ''
  const ends: RpcRequest<typeof finishJob>[] = []
  const answering = answers(service, [
    answer(claimJob, async ({ job }) => ({ claimed: true as const, assignment: assignmentOf(job) })),
    answer(heartbeatJob, async () => ({})),
    answer(appendJobLog, async ({ offset, text }) => {
      if (offset === Buffer.byteLength(log)) log += text
      return { nextOffset: Buffer.byteLength(log) }
    }),
    answer(finishJob, async (end) => {
      ends.push(end)
      return { accepted: true }
    }),
  ])
  await answering.start()
  await workQueue(service, 'jobs').offer('any', 'offer-1', { job: 'job_1', attempt: 1, project: 'payments' })
  // The repository cannot be had, so the job ends on our side, with the reason in its log.
  await until(() => ends.length === 1, { timeoutMs: 15_000 })
  expect(ends[0]).toMatchObject({ job: 'job_1', attempt: 1, runner: 'local', outcome: 'system_failure' })
  expect(log).toContain('Getting the source')
  const credential = Buffer.from('job:job-token-0123456789').toString('base64')
  expect(gateway.received.find(({ url }) => url.startsWith('/git/'))?.authorization).toBe(`Basic ${credential}`)
  expect(log).not.toContain('job-token')
  service.notify(jobStopSubject, { job: 'job_1', attempt: 1 })
  await answering.stop()
  expect(ends).toHaveLength(1)
}, 30_000)

const assignmentOf = (job: string) => ({
  job,
  attempt: 1,
  pipeline: 'pip_1',
  project: 'payments',
  repository: 'ledger',
  name: 'test',
  cloneUrl: `${gateway.url}/git/payments/ledger.git`,
  revision: 'a'.repeat(40),
  ref: 'main',
  token: 'job-token-0123456789',
  gatewayUrl: gateway.url,
  variables: {},
  masked: [],
  beforeScript: [],
  script: ['true'],
  afterScript: [],
  timeoutSeconds: 20,
  isolation: 'preferred' as const,
  network: true,
  dependencies: [],
})
