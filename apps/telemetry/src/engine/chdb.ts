import { mkdir } from 'node:fs/promises'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { otlpProto } from '../storage/inserts.ts'
import { quote } from './bind.ts'
import type { Answered, Asked } from './chdb-worker.ts'
import { EngineError, engineError, insertSettings, readSettings, type Engine, type Row } from './engine.ts'

const readers = 2
const waitingMax = 64

type Thread = { ask(statement: string): Promise<string>; load(): number; close(): Promise<void> }

/**
 * ClickHouse in this process, in threads: one writes and two read, so that neither a large insert nor a slow query
 * holds up the event loop or the other. The folder belongs to one process; its lock ends with that process, kill -9
 * included.
 */
export async function openChdb(path: string): Promise<Engine> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  // The library must stay loaded until the process ends: were it only loaded in threads, the end of the last one would
  // unload it below its own threads, and that is a segmentation fault (seen with chdb 3.4.0 on Node 24.21).
  await import('chdb')
  // The first one opens the database; the others join it.
  const writer = await startThread(path)
  const reading = await Promise.all(Array.from({ length: readers }, () => startThread(path)))
  const leastBusy = (): Thread =>
    reading.reduce((best, each) => (each.load() < best.load() ? each : best), reading[0] ?? writer)
  return {
    async query(statement) {
      const text = await leastBusy().ask(`${statement} SETTINGS ${readSettings}`)
      return text === ''
        ? []
        : text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Row)
    },
    async run(statement) {
      await writer.ask(statement)
    },
    async insert({ table, columns, message, structure, select }, file, token) {
      const settings = Object.entries(insertSettings(message, otlpProto, token)).map(
        ([name, value]) => `${name} = ${typeof value === 'number' ? value : quote(value)}`,
      )
      const source = `file(${quote(file)}, 'Protobuf', ${quote(structure)})`
      await writer.ask(`INSERT INTO ${table} (${columns}) ${select(source)} SETTINGS ${settings.join(', ')}`)
    },
    async close() {
      // The one that opened the database goes last.
      await Promise.all(reading.map((thread) => thread.close()))
      await writer.close()
    },
  }
}

async function startThread(path: string): Promise<Thread> {
  const worker = new Worker(new URL('./chdb-worker.ts', import.meta.url), { workerData: { path } })
  const asked = new Map<number, { resolve(text: string): void; reject(error: unknown): void }>()
  let lastId = 0
  let ended: EngineError | undefined
  const end = (reason: unknown): void => {
    ended ??= new EngineError(
      'unavailable',
      `the store's thread ended: ${reason instanceof Error ? reason.message : String(reason)}`,
    )
    for (const { reject } of asked.values()) reject(ended)
    asked.clear()
  }
  worker.on('message', (answered: Answered) => {
    const waiting = asked.get(answered.id)
    asked.delete(answered.id)
    if ('failed' in answered) waiting?.reject(engineError(answered.failed))
    else waiting?.resolve(answered.text)
  })
  worker.on('error', end)
  worker.on('exit', (code) => end(`code ${code}`))
  const post = (message: Asked): void => worker.postMessage(message)
  const thread: Thread = {
    ask: (statement) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended)
        if (asked.size >= waitingMax) return reject(new EngineError('unavailable', 'too many statements wait'))
        asked.set(++lastId, { resolve, reject })
        post({ id: lastId, statement })
      }),
    load: () => asked.size,
    async close() {
      if (ended !== undefined) return
      const exited = once(worker, 'exit')
      post({ close: true })
      await exited
    },
  }
  try {
    await thread.ask('SELECT 1')
  } catch (error) {
    throw new Error(
      `The telemetry store in ${path} did not open. Only one process may use a folder; is another running?`,
      { cause: error },
    )
  }
  return thread
}
