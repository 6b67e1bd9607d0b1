import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietLogger, until } from '@plinth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineError } from '../engine/engine.ts'
import { envelope, framesOf } from '../otlp/envelope.ts'
import { openSpool } from './spool.ts'

const stamp = { project: 'payments', environment: 'development', workload: 'ledger', deployment: 'dep_1' }
const record = (text: string): Uint8Array => envelope(stamp, 1_790_000_000, 1n, Buffer.from(text))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plinth-spool-'))
  await mkdir(folder, { recursive: true })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const segments = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.endsWith('.segment'))

test('records of one time share a segment, and its file goes when they are inserted', async () => {
  const inserted: string[] = []
  const spool = await openSpool({
    folder,
    logger: quietLogger,
    lingerMs: 10,
    insert: async (file) => void inserted.push((await readFile(file)).toString('latin1')),
  })
  await Promise.all(['one', 'two', 'three'].map((text) => spool.append([record(text)])))
  await until(() => spool.pendingBytes() === 0)
  expect(inserted).toHaveLength(1)
  expect(inserted[0]).toMatch(/one.*two.*three/s)
  await spool.close()
  expect(await segments()).toEqual([])
})

test('a record that the store refuses is set aside alone; the others are stored', async () => {
  const stored: string[] = []
  const spool = await openSpool({
    folder,
    logger: quietLogger,
    lingerMs: 10,
    insert: async (file) => {
      const bytes = (await readFile(file)).toString('latin1')
      if (bytes.includes('poison')) throw new EngineError('refused', 'Code: 441. bad record')
      stored.push(bytes)
    },
  })
  await Promise.all(['good', 'poison', 'fine'].map((text) => spool.append([record(text)])))
  await until(() => spool.pendingBytes() === 0)
  expect(stored.join(' ')).toMatch(/good.*fine/s)
  const refused = await readdir(join(folder, 'refused'))
  expect(refused).toHaveLength(1)
  await spool.close()
})

test('a full spool refuses, keeps what it took, and takes again once the store is back', async () => {
  let isDown = true
  const spool = await openSpool({
    folder,
    logger: quietLogger,
    lingerMs: 1,
    bytesMax: 100,
    insert: async () => {
      if (isDown) throw new EngineError('unavailable', 'down')
    },
  })
  await spool.append([record('x'.repeat(200))])
  await expect(spool.append([record('more')])).rejects.toThrow(/full/)
  isDown = false
  await until(() => spool.pendingBytes() === 0)
  await spool.append([record('again')])
  await spool.close()
  expect(await segments()).toEqual([])
})

test('a refused segment whose records can not be stored just now is tried again without a next one', async () => {
  let tries = 0
  const spool = await openSpool({
    folder,
    logger: quietLogger,
    lingerMs: 1,
    insert: async (_file, token) => {
      if (!token.includes('.')) throw new EngineError('refused', 'one of them is wrong')
      if (++tries === 1) throw new EngineError('unavailable', 'down for a moment')
    },
  })
  await spool.append([record('one')])
  await until(() => spool.pendingBytes() === 0)
  expect(tries).toBe(2)
  await spool.close()
  expect(await segments()).toEqual([])
})

test('what the store did not take before the end is inserted by the next start, under the same token', async () => {
  const tokens: string[] = []
  const open = (fails: boolean) =>
    openSpool({
      folder,
      logger: quietLogger,
      lingerMs: 1,
      insert: async (_file, token) => {
        tokens.push(token)
        if (fails) throw new EngineError('unavailable', 'down')
      },
    })
  const first = await open(true)
  await first.append([record('kept')])
  await first.close()
  expect(await segments()).toHaveLength(1)
  const second = await open(false)
  await until(() => second.pendingBytes() === 0)
  await second.close()
  expect(new Set(tokens).size).toBe(1)
})

test('whole records of a torn segment are found, and zeros after them are no records', () => {
  const whole = Buffer.concat([record('one'), record('y'.repeat(300))])
  for (const tail of [Buffer.alloc(0), Buffer.alloc(64), record('cut').subarray(0, 10), Buffer.from([0xff, 0xff])]) {
    const { frames, wholeBytes } = framesOf(Buffer.concat([whole, tail]))
    expect([frames.length, wholeBytes]).toEqual([2, whole.length])
  }
})
