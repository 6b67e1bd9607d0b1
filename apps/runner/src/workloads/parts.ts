import type { Clock, Logger } from '@plinth/kernel'
import type { EdgeTable } from '../edge/table.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Tools } from '../sandbox/tools.ts'
import type { RecordStore } from './record.ts'
import type { Releases } from './releases.ts'

export type ControllerParts = {
  clock: Clock
  logger: Logger
  records: RecordStore
  releases: Releases
  sandbox: Sandbox
  tools: Tools
  table: EdgeTable
  /** Called at each change of what `observe` answers. */
  changed(name: string): void
  /** How long requests may finish before a replica is asked to end, and how long it then has. */
  drainMs: number
  graceMs: number
}
