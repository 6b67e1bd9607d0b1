import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testKeys, until } from '@plinth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { calls, folder, logsJson, startTest } from './test-support/telemetry.ts'
import type { Log } from './query/logs.ts'

const program = fileURLToPath(new URL('./test-support/run-until-killed.ts', import.meta.url))
let dataDir: string
let child: ChildProcess | undefined

beforeEach(async () => {
  dataDir = await folder()
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(dataDir, { recursive: true, force: true })
})

async function start(lingerMs: number): Promise<ReturnType<typeof calls>> {
  const started = fork(program, [dataDir, String(lingerMs), testKeys.publicKey], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child = started
  const [message] = (await once(started, 'message')) as [{ url: string }]
  return calls(message.url)
}

async function kill(): Promise<void> {
  if (child === undefined) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

const bodies = async (service: ReturnType<typeof calls>): Promise<string[]> =>
  (await service.items<Log>('/api/v1/projects/payments/logs?limit=1000')).map(({ body }) => body).sort()

test('kill -9 between the 200 and the insert loses nothing, and a torn end of the spool is no obstacle', async () => {
  // An hour of linger: the process dies before anything is inserted.
  const first = await start(3_600_000)
  const sent = Array.from({ length: 20 }, (_, index) => `kept ${String(index).padStart(2, '0')}`)
  const answers = await Promise.all(sent.map((body) => first.send('logs', logsJson([{ body }]))))
  expect(answers.map(({ status }) => status)).toEqual(sent.map(() => 200))
  expect(await bodies(first)).toEqual([])
  await kill()
  const spool = join(dataDir, 'spool', 'logs')
  const [segment = ''] = (await readdir(spool)).filter((name) => name.endsWith('.segment'))
  await appendFile(join(spool, segment), Buffer.from([0xff, 0x01, 0x0a]))
  const second = await start(20)
  expect(
    await until(async () => (await bodies(second)).length >= sent.length && bodies(second), { timeoutMs: 10_000 }),
  ).toEqual(sent)
}, 60_000)

test('kill -9 at any time during ingestion keeps all that was answered 200, once each', async () => {
  const acknowledged: string[] = []
  let number = 0
  for (let round = 0; round < 3; round++) {
    const service = await start(5)
    const enough = acknowledged.length + 30
    const senders = Array.from({ length: 4 }, async () => {
      for (;;) {
        const body = `round ${round} record ${String(number++).padStart(5, '0')}`
        const status = await service.send('logs', logsJson([{ body }])).then(
          (answer) => answer.status,
          () => 0,
        )
        if (status !== 200) return
        acknowledged.push(body)
      }
    })
    await until(() => acknowledged.length >= enough)
    await kill()
    await Promise.all(senders)
  }
  const service = await startTest({ dataDir })
  try {
    const stored = await until(
      async () => {
        const all = await bodies(service)
        return acknowledged.every((body) => all.includes(body)) && all
      },
      { timeoutMs: 10_000 },
    )
    expect(new Set(stored).size).toBe(stored.length)
  } finally {
    await service.close()
  }
}, 60_000)

test('a second process on the same folder is refused, and the first goes on', async () => {
  const first = await start(20)
  await expect(startTest({ dataDir })).rejects.toThrow(/Only one process/)
  expect((await first.send('logs', logsJson([{ body: 'still here' }]))).status).toBe(200)
  await until(async () => (await bodies(first)).length === 1)
}, 60_000)
