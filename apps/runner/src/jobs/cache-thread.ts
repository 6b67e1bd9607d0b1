import { parentPort, workerData } from 'node:worker_threads'
import { packCache, type Packing } from './cache-pack.ts'
import { unpackCache, type Unpacking } from './cache-unpack.ts'

export type CacheTask = { pack: Packing } | { unpack: Unpacking }

// One task for each thread: it ends with it, and can be ended at any point of it.
const task = workerData as CacheTask
parentPort?.postMessage('pack' in task ? await packCache(task.pack) : await unpackCache(task.unpack))
