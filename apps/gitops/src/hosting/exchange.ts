import { once } from 'node:events'
import { finished, Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { failure } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { Ask } from '@plinth/service'
import { exchangeSlot, spawnGit, type Folder } from '../git/process.ts'

type RawAsk = Pick<Ask, 'raw' | 'reply' | 'headers' | 'signal'>

/** gitprotocol-http(5): answers of git are never to be kept by a cache. */
const uncached = {
  'cache-control': 'no-cache, max-age=0, must-revalidate',
  expires: 'Fri, 01 Jan 1980 00:00:00 GMT',
  pragma: 'no-cache',
  'x-content-type-options': 'nosniff',
}

/**
 * The body as git wrote it: unzipped where it was zipped, and cut off with an error beyond the limit. The request's own
 * stream stays whole then, so that the error can still be answered on its connection.
 */
export function requestBody({ raw, headers }: Pick<RawAsk, 'raw' | 'headers'>, bytesMax: number): Readable {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (!['identity', 'gzip', 'x-gzip'].includes(encoding)) {
    throw failure('platform.media_type_unsupported', {
      detail: `The content encoding must be gzip or identity, not '${encoding.slice(0, 40)}'.`,
    })
  }
  const source = raw.raw
  const limit = limited(bytesMax)
  const first = encoding === 'identity' ? limit : createGunzip()
  source.pipe(first)
  if (first !== limit) {
    first.on('error', (cause) =>
      limit.destroy(
        failure('platform.request_invalid', { detail: 'The body is not what its content encoding says.', cause }),
      ),
    )
    first.pipe(limit)
  }
  finished(source, { writable: false }, (error) => void (error && limit.destroy(error)))
  limit.on('error', () => {
    source.unpipe(first)
    source.resume()
  })
  return limit
}

function limited(bytesMax: number): Transform {
  let sizeBytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      if (sizeBytes > bytesMax)
        done(failure('platform.body_too_large', { detail: `git may send ${bytesMax} bytes here at most.` }))
      else done(null, chunk)
    },
  })
}

/** Reads to the end, so that a client which only then looks at the answer gets to see it. */
export async function drain(body: Readable): Promise<void> {
  body.resume()
  if (!body.readableEnded && !body.destroyed) await once(body, 'close').catch(() => undefined)
}

/** `name=value` pairs as gitprotocol-v2(5) has them; anything else is not handed to git. */
function gitProtocol(header: string | string[] | undefined): Record<string, string> {
  return typeof header === 'string' &&
    /^[a-z0-9]+(=[a-z0-9]+)?(:[a-z0-9]+(=[a-z0-9]+)?)*$/.test(header) &&
    header.length < 200
    ? { GIT_PROTOCOL: header }
    : {}
}

/** Takes the answer over from Fastify: from here on the bytes are git's. */
export function beginAnswer({ reply }: Pick<RawAsk, 'reply'>, contentType: string): void {
  reply.hijack()
  reply.raw.writeHead(200, { ...uncached, 'content-type': contentType })
}

type Service = { ask: RawAsk; folder: Folder; service: 'upload-pack' | 'receive-pack'; config?: Record<string, string> }

/** What refs there are: `git <service> --advertise-refs`, behind the line that says which service this is. */
export async function advertise({ ask, folder, service }: Service): Promise<void> {
  const free = await exchangeSlot()
  try {
    const env = gitProtocol(ask.headers['git-protocol'])
    const child = spawnGit([service, '--stateless-rpc', '--advertise-refs', folder], { env })
    ask.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
    child.stdin.end()
    child.stderr.resume()
    const closed = once(child, 'close')
    // It is looked at later, or never where the client has gone.
    closed.catch(() => undefined)
    beginAnswer(ask, `application/x-git-${service}-advertisement`)
    const line = `# service=git-${service}\n`
    ask.reply.raw.write(`${(line.length + 4).toString(16).padStart(4, '0')}${line}0000`)
    await pipeline(child.stdout, ask.reply.raw)
    await closed
  } finally {
    free()
  }
}

/**
 * One exchange: the body goes into git, what it says goes out. Resolves once git is gone. Throws, with nothing answered
 * yet, where git could make nothing of what it was sent. git is ended by SIGTERM, on which it takes its locks away.
 */
export async function exchange(
  { ask, folder, service, config = {} }: Service,
  body: Readable,
  head: Buffer = Buffer.alloc(0),
): Promise<void> {
  const free = await exchangeSlot()
  try {
    const env = gitProtocol(ask.headers['git-protocol'])
    const child = spawnGit([service, '--stateless-rpc', folder], { env, config })
    const closed = once(child, 'close')
    // It is looked at later, or never where the client has gone.
    closed.catch(() => undefined)
    ask.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
    child.stderr.resume()
    child.stdin.on('error', () => undefined)
    if (head.length > 0) child.stdin.write(head)
    // A body that breaks off ends git too, before it has moved anything: the pack it has read is not whole.
    const fed = pipeline(body, child.stdin).catch(() => void (body.errored && child.kill('SIGTERM')))
    const first = await firstChunk(child.stdout)
    if (first === undefined) {
      const [code] = (await closed) as [number | null]
      // A pipe that broke because git had ended is not the body's fault.
      if (body.errored instanceof AppError) throw body.errored
      if (code !== 0) throw failure('platform.request_invalid', { detail: 'git can make nothing of this request.' })
    }
    beginAnswer(ask, `application/x-git-${service}-result`)
    if (first === undefined) ask.reply.raw.end()
    else {
      ask.reply.raw.write(first)
      await pipeline(child.stdout, ask.reply.raw).catch(() => void child.kill('SIGTERM'))
    }
    await fed
    if (child.exitCode === null && child.signalCode === null) await closed
  } finally {
    free()
  }
}

/** The first that git says; undefined when it ends without a word. */
async function firstChunk(stdout: Readable): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = stdout.read() as Buffer | null
    if (chunk !== null) return chunk
    if (stdout.readableEnded || stdout.destroyed) return undefined
    await Promise.race(['readable', 'end', 'close'].map((name) => once(stdout, name)))
  }
}
