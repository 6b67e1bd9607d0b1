import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { request } from 'undici'

export type Wanted = {
  url: string
  token: string
  sha256: string
  sizeBytes: number
  /** The file that is written; removed again by the caller whatever happens. */
  path: string
  signal: AbortSignal
}

/**
 * Fetches an artifact into a file and checks that it is the very one that was named: length and SHA-256. Throws an
 * Error whose message may be shown; it holds neither the token nor the answer's body.
 */
export async function download(wanted: Wanted): Promise<void> {
  const answer = await request(wanted.url, {
    headers: { authorization: `Bearer ${wanted.token}`, accept: 'application/gzip, application/octet-stream, */*' },
    signal: wanted.signal,
    headersTimeout: 15_000,
    bodyTimeout: 30_000,
  })
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    throw new Error(`The artifact could not be downloaded: the gateway answered ${answer.statusCode}.`)
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      hash.update(chunk)
      if (sizeBytes > wanted.sizeBytes)
        done(new Error(`The artifact is longer than the ${wanted.sizeBytes} bytes that were announced.`))
      else done(null, chunk)
    },
  })
  await pipeline(answer.body, check, createWriteStream(wanted.path, { mode: 0o600 }), { signal: wanted.signal })
  if (hash.digest('hex') !== wanted.sha256.toLowerCase())
    throw new Error('The artifact is not the one that was asked for: its SHA-256 differs.')
}
