import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { failure } from '@plinth/contracts'

const inflate = promisify(gunzip)

/** OTLP 1.11 recommends this limit, before and after decompression (specification, "OTLP/HTTP Request"). */
export const bodyBytesMax = 64 * 1024 * 1024

const tooLarge = () =>
  failure('platform.body_too_large', {
    detail: `The body is larger than ${bodyBytesMax} bytes, as sent or decompressed; send smaller batches.`,
  })

/** All bodies that are in memory at a time, so that many large ones at once can't exhaust it. */
const bytesInFlightMax = 256 * 1024 * 1024
let bytesInFlight = 0

/**
 * Runs the work on the whole body, decompressed. Throws body_too_large past the limit, media_type_unsupported for an
 * unknown encoding, payload_invalid for broken gzip, unavailable when too many bodies are in memory already.
 */
export async function withBody<T>(request: IncomingMessage, work: (body: Uint8Array) => Promise<T>): Promise<T> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== '')
    throw failure('platform.media_type_unsupported', { detail: 'Content-Encoding must be gzip or identity.' })
  let held = 0
  try {
    const chunks: Buffer[] = []
    // A refusal has to reach the sender: the socket must outlive this loop.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      held += chunk.length
      bytesInFlight += chunk.length
      if (held > bodyBytesMax) throw tooLarge()
      if (bytesInFlight > bytesInFlightMax)
        throw failure('platform.unavailable', {
          detail: 'Too much telemetry arrives at this moment.',
          retryAfterSeconds: 1,
        })
      chunks.push(chunk)
    }
    const body = Buffer.concat(chunks)
    if (encoding === 'identity' || encoding === '' || body.length === 0) return await work(body)
    const inflated = await decompressed(body)
    held += inflated.length
    bytesInFlight += inflated.length
    return await work(inflated)
  } finally {
    bytesInFlight -= held
  }
}

async function decompressed(body: Buffer): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength: bodyBytesMax })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw failure('telemetry.payload_invalid', { detail: 'The body is not valid gzip.' })
  }
}
