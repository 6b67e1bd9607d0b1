import { failure, rpcSubject, type RpcRequest, type RpcResponse, type RpcSpec } from '@plinth/contracts'
import { AppError, type WireError } from '@plinth/kernel'
import { ErrorCode, JSONCodec, type Msg } from 'nats'
import type { AskOptions } from './bus.ts'
import { withDeadline } from './deadline.ts'
import { checkOf } from './schema.ts'
import { inSpan, SpanKind, tracedHeaders } from './tracing.ts'
import { busFailure, codeOf, isPermissionError, type Wire } from './wire.ts'

export const errorHeader = 'plinth-error'
/** Milliseconds that the asker still waits: a duration, so that no clock needs to agree with another. */
export const budgetHeader = 'plinth-budget-ms'
const json = JSONCodec()

/** Asks on the subject of the spec. `platform.unavailable`: nobody answers there; `platform.timeout`: not in time. */
export async function ask<R extends RpcSpec>(
  wire: Wire,
  spec: R,
  request: RpcRequest<R>,
  options: AskOptions = {},
): Promise<RpcResponse<R>> {
  const subject = rpcSubject(spec, options.instance)
  const timeoutMs = options.timeoutMs ?? spec.timeoutMs ?? 5_000
  const name = `${spec.service}.${spec.operation}`
  options.signal?.throwIfAborted()
  if (!wire.isConnected()) throw unavailable(name)
  const attributes = { 'rpc.system': 'nats', 'rpc.service': spec.service, 'rpc.method': spec.operation }
  return inSpan(`ask ${name}`, { kind: SpanKind.CLIENT, attributes }, async () => {
    const headers = tracedHeaders()
    headers.set(budgetHeader, String(timeoutMs))
    let reply: Msg
    try {
      const asked = wire.nc.request(subject, json.encode(request), { timeout: timeoutMs, headers })
      reply = await withDeadline(asked, timeoutMs + 1_000, options.signal)
    } catch (error) {
      if (options.signal?.aborted) throw error
      throw askFailure(error, name, timeoutMs)
    }
    return readReply(spec, name, reply)
  })
}

const unavailable = (name: string, cause?: unknown): AppError =>
  failure('platform.unavailable', { detail: `${name} has nobody who answers just now; try again.`, cause })

function askFailure(error: unknown, name: string, timeoutMs: number): AppError {
  if (isPermissionError(error)) return busFailure(error, `asking ${name}`)
  const isLate = codeOf(error) === ErrorCode.Timeout || (error instanceof AppError && error.kind === 'timeout')
  if (!isLate) return unavailable(name, error)
  return failure('platform.timeout', {
    detail: `${name} did not answer within ${timeoutMs} ms; it may still be at work: ask before you repeat it.`,
    cause: error,
  })
}

function readReply<R extends RpcSpec>(spec: R, name: string, reply: Msg): RpcResponse<R> {
  const body = json.decode(reply.data)
  if (reply.headers?.has(errorHeader)) throw AppError.fromWire(body as WireError)
  const check = checkOf(spec.response)
  if (check.isValid(body)) return body as RpcResponse<R>
  const places = check.problems(body).map(({ path, message }) => `${path || '/'} ${message}`)
  throw new Error(`The answer of ${name} breaks its contract: ${places.join('; ')}`)
}
