import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Stamp } from '../stamp.ts'
import type { Signal } from '../storage/inserts.ts'
import type { Answered, Asked } from './prepare-worker.ts'
import { prepare, type Encoding, type Prepared } from './prepare.ts'
import { WireError } from './walk.ts'

/** Smaller payloads take less time here than the way to a thread and back. */
const inlineBytesMax = { protobuf: 512 * 1_024, json: 64 * 1_024 } as const

export type Preparer = {
  /** As `prepare`; large payloads in a thread, so that they don't hold up the event loop. */
  prepare(signal: Signal, encoding: Encoding, bytes: Uint8Array, stamp: Stamp | 'each'): Promise<Prepared>
  close(): Promise<void>
}

/** The thread starts with the first large payload, and again after it failed. */
export function openPreparer(): Preparer {
  let worker: Worker | undefined
  let lastId = 0
  const asked = new Map<number, { resolve(prepared: Prepared): void; reject(error: unknown): void }>()

  function running(): Worker {
    if (worker !== undefined) return worker
    const started = new Worker(new URL('./prepare-worker.ts', import.meta.url))
    started.on('message', (answered: Answered) => {
      const waiting = asked.get(answered.id)
      asked.delete(answered.id)
      if ('prepared' in answered) waiting?.resolve(answered.prepared)
      else waiting?.reject('refused' in answered ? new WireError(answered.refused) : new Error(answered.failed))
    })
    const end = (): void => {
      // An `exit` follows each `error`, and by then another thread may be at work.
      if (worker !== started) return
      worker = undefined
      for (const { reject } of asked.values()) reject(new Error('the decoding thread ended'))
      asked.clear()
    }
    started.on('error', end).on('exit', end)
    started.unref()
    worker = started
    return started
  }

  return {
    async prepare(signal, encoding, bytes, stamp) {
      if (bytes.length <= inlineBytesMax[encoding]) return prepare(signal, encoding, bytes, stamp)
      return new Promise((resolve, reject) => {
        const message: Asked = { id: ++lastId, signal, encoding, bytes, stamp }
        asked.set(message.id, { resolve, reject })
        running().postMessage(message)
      })
    },
    async close() {
      if (worker === undefined) return
      const exited = once(worker, 'exit')
      await worker.terminate()
      await exited
    },
  }
}
