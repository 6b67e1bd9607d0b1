import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, removeTree, writeJsonDurably } from '../files/durable-file.ts'
import type { ProcessIdentity } from '../processes/process-identity.ts'
import type { Wish } from './wish.ts'

export type Replica = {
  id: string
  generation: string
  port: number
  /** Missing for the moment between the intent and the start; after a crash in that moment its marker finds it. */
  process?: ProcessIdentity
  sandboxed: boolean
  startedAtMs: number
  phase: 'starting' | 'ready' | 'draining'
}

export type Version = { generation: string; wish: Wish }

/** All that the runner knows of a workload: one file, replaced whole, from which it goes on after any crash. */
export type WorkloadRecord = {
  wanted: Version
  /** What the edge sends requests to. */
  live?: Version
  replicas: Replica[]
  /** Crashes of the live version, over its whole life. */
  restarts: number
  /** Crashes in a row, and when the next try is due. */
  crashes: { inARow: number; nextStartAtMs: number; detail?: string }
  /** The replacement under way. */
  rollout: { exits: number; startedAtMs?: number; detail?: string }
  failure?: { generation: string; detail: string }
  isRemoved: boolean
  state: string
  since: string
}

export const newRecord = (wanted: Version, now: Date): WorkloadRecord => ({
  wanted,
  replicas: [],
  restarts: 0,
  crashes: { inARow: 0, nextStartAtMs: 0 },
  rollout: { exits: 0 },
  isRemoved: false,
  state: 'starting',
  since: now.toISOString(),
})

export type RecordStore = {
  folder(name: string): string
  load(): Map<string, WorkloadRecord>
  save(name: string, record: WorkloadRecord): void
  remove(name: string): void
}

export function recordStore(root: string): RecordStore {
  const folder = (name: string): string => join(root, name)
  const file = (name: string): string => join(folder(name), 'workload.json')
  return {
    folder,
    load() {
      const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
      const found = names.flatMap(({ name }): [string, WorkloadRecord][] => {
        const record = readJson(file(name))
        return record === undefined ? [] : [[name, record as WorkloadRecord]]
      })
      return new Map(found)
    },
    save(name, record) {
      mkdirSync(join(folder(name), 'logs'), { recursive: true, mode: 0o700 })
      writeJsonDurably(file(name), record)
    },
    remove: (name) => removeTree(folder(name)),
  }
}
