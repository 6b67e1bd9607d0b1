import type { ArtifactRef } from '@plinth/contracts'
import { createReadStream, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { create } from 'tar'
import type { Static } from 'typebox'
import { request } from 'undici'
import { download } from '../archives/download.ts'
import { unpack } from '../archives/unpack.ts'
import { backoffMs, pause } from '@plinth/kernel'
import type { AttemptFolder } from './attempt-folder.ts'
import type { LogStream } from './log-stream.ts'
import type { Assignment } from './pipelines.ts'
import { selectFiles } from './select-files.ts'

const triesMax = 5

/** Unpacks what earlier jobs made into the work folder. Throws with a message for people. */
export async function fetchDependencies(
  assignment: Assignment,
  folder: AttemptFolder,
  log: LogStream,
  signal: AbortSignal,
): Promise<void> {
  for (const { name, artifact } of assignment.dependencies) {
    log.say(`Downloading artifacts of ${name} (${artifact.sizeBytes} bytes)`)
    const path = join(folder.scratch, `${artifact.id}.tar.gz`)
    const url = `${assignment.gatewayUrl}/api/v1/projects/${encodeURIComponent(assignment.project)}/artifacts/${encodeURIComponent(artifact.id)}`
    await again(
      () =>
        download({
          url,
          token: assignment.token,
          path,
          signal,
          sha256: artifact.sha256,
          sizeBytes: artifact.sizeBytes,
        }),
      signal,
    )
    await unpack(path, folder.work)
    rmSync(path, { force: true })
  }
}

/** Packs and uploads what the job was to keep; the id that the service gave it, or undefined where there is nothing. */
export async function uploadArtifact(
  assignment: Assignment,
  folder: AttemptFolder,
  log: LogStream,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { artifacts } = assignment
  if (artifacts === undefined || artifacts.paths.length === 0) return undefined
  const { files, warnings } = selectFiles(folder.work, artifacts.paths, artifacts.exclude)
  for (const warning of warnings) log.say(`WARNING: ${warning}`)
  if (files.length === 0) {
    log.say('WARNING: there are no files to upload')
    return undefined
  }
  const archive = join(folder.scratch, 'artifact.tar.gz')
  // Members that could look like an option or a file list of tar are given as paths from here.
  await create(
    { file: archive, cwd: folder.work, gzip: { level: 6 }, portable: true, follow: false, noDirRecurse: true },
    files.map((path) => `./${path}`),
  )
  const { size } = statSync(archive)
  log.say(`Uploading ${files.length} files (${size} bytes)`)
  const stored = await again(() => put(assignment, artifacts.name, archive, size, signal), signal)
  return stored.id
}

async function put(
  assignment: Assignment,
  name: string,
  archive: string,
  size: number,
  signal: AbortSignal,
): Promise<Static<typeof ArtifactRef>> {
  const { gatewayUrl, project, job, token } = assignment
  const url = new URL(
    `${gatewayUrl}/api/v1/projects/${encodeURIComponent(project)}/jobs/${encodeURIComponent(job)}/artifact`,
  )
  url.searchParams.set('name', name)
  const answer = await request(url, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/gzip', 'content-length': String(size) },
    body: createReadStream(archive),
    signal,
    headersTimeout: 300_000,
  })
  if (answer.statusCode !== 201 && answer.statusCode !== 200) {
    await answer.body.dump()
    throw new HttpError(answer.statusCode)
  }
  return (await answer.body.json()) as Static<typeof ArtifactRef>
}

export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  constructor(status: number) {
    super(`The gateway answered ${status}.`)
    this.status = status
  }
}

/** The gateway or the service may be restarting; what it refuses for good is not sent again. */
export async function again<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const isFinal = error instanceof HttpError && error.status < 500 && error.status !== 429
      if (isFinal || attempt >= triesMax || signal.aborted) throw error
      await pause(backoffMs(attempt, 300, 4_000), signal)
    }
  }
}
