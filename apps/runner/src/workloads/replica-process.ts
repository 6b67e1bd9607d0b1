import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ChildProcess } from 'node:child_process'
import { writeJsonDurably } from '../files/durable-file.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Tools } from '../sandbox/tools.ts'
import { replicaEnvironment } from './environment.ts'
import type { Replica, Version } from './record.ts'

/** The variable by which a restarted runner finds a replica that it started and had no time to note. */
export const replicaMarker = 'PLINTH_REPLICA'

/** What the log shipper needs to know of a replica, beside its log files and kept as long as they are. */
export type LogOwner = {
  replica: string
  url: string
  token: string
  resource: Record<string, string>
}

export type ReplicaPlace = { releaseFolder: string; logsFolder: string; sandbox: Sandbox; tools: Tools }

export const logFile = (logsFolder: string, replica: string, stream: 'stdout' | 'stderr'): string =>
  join(logsFolder, `${replica}.${stream}`)

/**
 * Starts a replica that does not need us: own session and process group, output to files, no pipe that would break
 * when the runner goes.
 */
export function startReplica(replica: Replica, { wish }: Version, place: ReplicaPlace): ChildProcess {
  const { sandbox, tools, releaseFolder, logsFolder } = place
  mkdirSync(logsFolder, { recursive: true, mode: 0o700 })
  const owner: LogOwner = {
    replica: replica.id,
    url: wish.telemetryUrl,
    token: wish.telemetryToken,
    resource: {
      'service.name': wish.workload,
      'service.instance.id': replica.id,
      'plinth.project': wish.project,
      'plinth.environment': wish.environment,
      'plinth.workload': wish.workload,
      'plinth.deployment': wish.deployment,
    },
  }
  writeJsonDurably(join(logsFolder, `${replica.id}.owner`), owner)
  const inside = sandbox.isIsolating ? '/app' : releaseFolder
  const home = sandbox.isIsolating ? '/home/plinth' : releaseFolder
  const files = (['stdout', 'stderr'] as const).map((stream) =>
    openSync(logFile(logsFolder, replica.id, stream), 'a', 0o600),
  )
  try {
    const child = sandbox.start({
      command: wish.command,
      environment: replicaEnvironment(wish, tools, { port: replica.port, id: replica.id, home }),
      folder: inside,
      walls: { binds: [...tools.nodeBinds, [releaseFolder, '/app']], writable: [], endsWithRunner: false },
      stdio: ['ignore', ...files],
      marker: { variable: replicaMarker, value: `${dirname(logsFolder)}#${replica.id}` },
    })
    child.unref()
    return child
  } finally {
    for (const file of files) closeSync(file)
  }
}
