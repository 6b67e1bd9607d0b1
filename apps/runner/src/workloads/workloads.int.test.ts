import { quietLogger, until } from '@plinth/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Agent, request } from 'undici'
import { startEdge, type Edge } from '../edge/server.ts'
import { isAlive } from '../processes/process-identity.ts'
import {
  noSandbox,
  outside,
  sandbox,
  serverSource,
  testHost,
  wishOf,
  type Outside,
  type TestHost,
} from '../testing/fixtures.ts'
import { workloadHost } from './host.ts'

let gateway: Outside
let runner: TestHost
let edge: Edge

beforeAll(async () => {
  gateway = await outside()
})
afterAll(() => gateway.close())

const setUp = async (box = sandbox): Promise<void> => {
  runner = testHost(box)
  edge = await startEdge({ table: runner.table, host: '127.0.0.1', port: 0, logger: quietLogger })
}
afterEach(async () => {
  await edge.close()
  await runner.close()
})

const name = 'payments.development.ledger'
const host = 'ledger.development.payments.localhost'
const ask = async (path: string, agent?: Agent): Promise<{ status: number; text: string }> => {
  const answer = await request(`http://127.0.0.1:${edge.port}${path}`, {
    headers: { host },
    ...(agent && { dispatcher: agent }),
  })
  return { status: answer.statusCode, text: await answer.body.text() }
}
const becomes = (state: string, timeoutMs = 20_000) =>
  until(() => runner.host.observe(name)?.state === state, { timeoutMs, what: `the state ${state}` }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(runner.host.observe(name))}`)
    },
  )
const identities = () => (runner.host.records().get(name)?.replicas ?? []).flatMap(({ process }) => process ?? [])

describe.each([
  ['in bubblewrap', sandbox],
  ['without bubblewrap', noSandbox],
])('a workload %s', (_title, box) => {
  test.skipIf(box === sandbox && !sandbox.isIsolating)(
    'is started, answers at its host, and sees only its own environment',
    async () => {
      await setUp(box)
      runner.host.host(await wishOf(gateway, name, serverSource('one')))
      await becomes('running')
      expect(await ask('/')).toEqual({ status: 200, text: 'one' })
      const environment = JSON.parse((await ask('/environment')).text) as Record<string, string>
      expect(environment).toMatchObject({
        SECRET: 'swordfish',
        HOST: '127.0.0.1',
        OTEL_SERVICE_NAME: 'ledger',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      })
      expect(Object.keys(environment).filter((key) => key.startsWith('VITEST') || key.startsWith('npm_'))).toEqual([])
      expect(runner.host.observe(name)).toMatchObject({ readyReplicas: 2, restarts: 0 })
    },
  )

  test.skipIf(box === sandbox && !sandbox.isIsolating)(
    'is gone with all its processes once it is removed',
    async () => {
      await setUp(box)
      runner.host.host(await wishOf(gateway, name, serverSource('one')))
      await becomes('running')
      const started = identities()
      await until(() => runner.host.remove(name), { timeoutMs: 10_000 })
      expect(runner.host.observe(name)).toBeUndefined()
      expect(started.filter(isAlive)).toEqual([])
      expect((await ask('/')).status).toBe(404)
    },
  )
})

test('no request of 2,000 fails while a new version replaces the old one', async () => {
  await setUp()
  runner.host.host(await wishOf(gateway, name, serverSource('one')))
  await becomes('running')
  const agent = new Agent({ connections: 16 })
  const seen = { one: 0, two: 0, failed: 0 }
  let isReplaced = false
  let sent = 0
  const client = async (): Promise<void> => {
    while (sent < 2_000 || !isReplaced) {
      sent++
      const answer = await ask(sent % 50 === 0 ? '/slow' : '/', agent).catch(() => ({ status: 0, text: '' }))
      if (answer.status === 200 && answer.text === 'one') seen.one++
      else if (answer.status === 200 && answer.text === 'two') seen.two++
      else seen.failed++
    }
  }
  const clients = Promise.all(Array.from({ length: 8 }, client))
  const next = await wishOf(gateway, name, serverSource('two', 300))
  runner.host.host(next)
  await until(() => runner.host.observe(name)?.liveDeployment === next.deployment && identities().length === 2, {
    timeoutMs: 20_000,
  })
  isReplaced = true
  await clients
  await agent.close()
  expect(seen.failed).toBe(0)
  expect(seen.one).toBeGreaterThan(0)
  expect(seen.two).toBeGreaterThan(0)
  expect(seen.one + seen.two).toBeGreaterThanOrEqual(2_000)
}, 60_000)

test('a version that never gets ready leaves the old one serving, and says why', async () => {
  await setUp()
  const first = await wishOf(gateway, name, serverSource('one'))
  runner.host.host(first)
  await becomes('running')
  const before = identities()
  runner.host.host(await wishOf(gateway, name, 'console.error("no database here"); process.exit(3)'))
  await becomes('failed')
  const state = runner.host.observe(name)
  expect(state?.detail).toContain('no database here')
  expect(state?.detail).toContain('exit code 3')
  expect(state?.liveDeployment).toBe(first.deployment)
  expect(await ask('/')).toEqual({ status: 200, text: 'one' })
  runner.host.host(
    await wishOf(gateway, name, serverSource('late', 600_000), { readiness: { path: '/ready', timeoutSeconds: 1 } }),
  )
  await until(() => runner.host.observe(name)?.detail?.includes('did not answer 2xx within 1 s'), { timeoutMs: 15_000 })
  await until(() => identities().length === 2)
  expect(identities()).toEqual(before)
})

test('a crash is restarted at once, a crash loop more and more slowly, and is called degraded', async () => {
  await setUp()
  runner.host.host(await wishOf(gateway, name, serverSource('one'), { replicas: 1 }))
  await becomes('running')
  for (let crash = 1; crash <= 3; crash++) {
    await until(async () => (await ask('/')).status === 200, { timeoutMs: 15_000 })
    await ask('/crash').catch(() => undefined)
    await until(() => runner.host.observe(name)?.restarts === crash, { timeoutMs: 5_000 })
  }
  const { state, detail } = runner.host.observe(name) ?? {}
  expect(state).toBe('degraded')
  expect(detail).toContain('this is the end')
  const waitMs = (runner.host.records().get(name)?.crashes.nextStartAtMs ?? 0) - Date.now()
  expect(waitMs).toBeGreaterThan(200)
  await becomes('running')
})

test('scaling starts and ends only what it must, and zero stops all', async () => {
  await setUp()
  const wish = await wishOf(gateway, name, serverSource('one'), { replicas: 1 })
  runner.host.host(wish)
  await becomes('running')
  const [first] = identities()
  runner.host.host({ ...wish, replicas: 3 })
  await until(() => runner.host.observe(name)?.readyReplicas === 3, { timeoutMs: 10_000 })
  expect(identities()).toContainEqual(first)
  runner.host.host({ ...wish, replicas: 1 })
  await until(() => identities().length === 1, { timeoutMs: 10_000 })
  runner.host.host({ ...wish, replicas: 0 })
  await becomes('stopped')
  expect((await ask('/')).status).toBe(503)
})

test('the same wish again changes nothing, and a new restart number replaces every replica', async () => {
  await setUp()
  const wish = await wishOf(gateway, name, serverSource('one'))
  runner.host.host(wish)
  await becomes('running')
  const before = identities()
  runner.host.host({ ...wish, telemetryToken: 'renewed' })
  await until(() => runner.host.observe(name)?.state === 'running')
  expect(identities()).toEqual(before)
  runner.host.host({ ...wish, restart: 1 })
  await until(() => runner.host.observe(name)?.liveRestart === 1 && identities().length === 2, { timeoutMs: 15_000 })
  expect(identities().some((each) => before.some(({ pid }) => pid === each.pid))).toBe(false)
})

test('an artifact with another hash than announced is never run', async () => {
  await setUp()
  const wish = await wishOf(gateway, name, serverSource('one'))
  gateway.files.set(`/${'0'.repeat(64)}`, Buffer.alloc(wish.artifact.sizeBytes))
  runner.host.host({ ...wish, artifact: { ...wish.artifact, url: `${gateway.url}/${'0'.repeat(64)}` } })
  await until(() => runner.host.observe(name)?.detail?.includes('SHA-256 differs'), { timeoutMs: 10_000 })
  expect(identities()).toEqual([])
})

test('an orderly stop that takes the workloads along leaves no process, and the next runner starts them again', async () => {
  await setUp()
  runner.host.host(await wishOf(gateway, name, serverSource('one')))
  await becomes('running')
  const before = identities()
  await runner.host.close('stop')
  expect(before.filter(isAlive)).toEqual([])
  const next = workloadHost(runner.parts)
  await until(() => next.observe(name)?.state === 'running', { timeoutMs: 15_000 })
  expect(await ask('/')).toEqual({ status: 200, text: 'one' })
  await next.close('stop')
})

test('a name that could leave the folder of the runner is refused with its place', async () => {
  await setUp()
  const wish = await wishOf(gateway, name, serverSource('one'))
  expect(() => runner.host.host({ ...wish, name: '../../etc.a.b' })).toThrow(
    expect.objectContaining({ code: 'platform.request_invalid' }),
  )
})

test.skipIf(!sandbox.isIsolating)('a workload sees neither the state of the runner nor another workload', async () => {
  await setUp()
  const probe = `
    const { readdirSync } = require('node:fs')
    const look = (path) => { try { return readdirSync(path) } catch (error) { return error.code } }
    require('node:http').createServer((req, res) => res.end(JSON.stringify([
      look('${runner.data.workloads}'), look('${runner.data.releases}'), look('/root'), look('/app')]))).listen(process.env.PORT, process.env.HOST)`
  runner.host.host(await wishOf(gateway, name, probe, { replicas: 1 }))
  await becomes('running')
  expect(JSON.parse((await ask('/')).text)).toEqual(['ENOENT', 'ENOENT', 'ENOENT', ['server.cjs']])
})
