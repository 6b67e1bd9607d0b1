import { failure, rpcSubject, type RpcRequest, type RpcResponse, type RpcSpec } from '@plinth/contracts'
import { asAppError, pause, type Worker } from '@plinth/kernel'
import { headers, JSONCodec, type Msg, type Subscription } from 'nats'
import { budgetHeader, errorHeader } from './ask.ts'
import type { Bus } from './bus.ts'
import { checkOf } from './schema.ts'
import { contextOf, inSpan, SpanKind } from './tracing.ts'
import { wireOf, type Wire } from './wire.ts'

export type AnswerContext = {
  /** Aborts when the asker has stopped waiting or this process stops. */
  signal: AbortSignal
  traceparent?: string
}

export type Answer = { spec: RpcSpec; handle(request: unknown, context: AnswerContext): Promise<unknown> }

/** How this process answers one question; the request that the handler gets is checked. */
export const answer = <R extends RpcSpec>(
  spec: R,
  handle: (request: RpcRequest<R>, context: AnswerContext) => Promise<RpcResponse<R>>,
): Answer => ({ spec, handle: (request, context) => handle(request as RpcRequest<R>, context) })

const atOnceMax = 256
const budgetMsMax = 10 * 60_000
const json = JSONCodec()

/** Answers the questions of a service: replicas share them, unless each is addressed by its instance. */
export function answers(bus: Bus, list: readonly Answer[], options: { instance?: string } = {}): Worker {
  const wire = wireOf(bus)
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let subscriptions: Subscription[] = []
  const take = (entry: Answer, message: Msg): void => {
    if (running.size >= atOnceMax) return reply(wire, message, failure('platform.unavailable'))
    const work = answerOne(wire, entry, message, stopping.signal).finally(() => running.delete(work))
    running.add(work)
  }
  const name = [...new Set(list.map(({ spec }) => spec.service))].join(', ')
  return {
    name: `answers ${name}${options.instance === undefined ? '' : `/${options.instance}`}`,
    async start() {
      subscriptions = list.map((entry) => {
        const subject = rpcSubject(entry.spec, options.instance)
        return wire.nc.subscribe(subject, {
          ...(options.instance === undefined && { queue: entry.spec.service }),
          callback(error, message) {
            if (error) wire.logger.error({ err: error, subject }, 'this process may not answer here')
            else take(entry, message)
          },
        })
      })
      // The broker has them all when this resolves: a question right after the start finds somebody.
      await wire.nc.flush()
    },
    async stop() {
      const grace = setTimeout(() => stopping.abort(), 5_000)
      // Drained, not dropped: a question that the broker has sent already would else wait out its whole time in vain.
      const drained = Promise.all(subscriptions.map((subscription) => subscription.drain())).catch(() => undefined)
      await Promise.race([drained, pause(5_000, stopping.signal)])
      await Promise.all(running)
      clearTimeout(grace)
    },
  }
}

async function answerOne(wire: Wire, { spec, handle }: Answer, message: Msg, stopping: AbortSignal): Promise<void> {
  const traceparent = message.headers?.get('traceparent') || undefined
  const budgetMs = Number(message.headers?.get(budgetHeader)) || (spec.timeoutMs ?? 5_000)
  const signal = AbortSignal.any([AbortSignal.timeout(Math.min(budgetMs, budgetMsMax)), stopping])
  const name = `${spec.service}.${spec.operation}`
  const startedAt = performance.now()
  const attributes = { 'rpc.system': 'nats', 'rpc.service': spec.service, 'rpc.method': spec.operation }
  const work = async (): Promise<unknown> =>
    handle(readRequest(spec, message), { signal, ...(traceparent !== undefined && { traceparent }) })
  try {
    const response = await inSpan(`answer ${name}`, { kind: SpanKind.SERVER, attributes }, work, contextOf(traceparent))
    message.respond(json.encode(response ?? null))
    wire.logger.info({ rpc: name, outcome: 'ok', durationMs: Math.round(performance.now() - startedAt) }, 'rpc')
  } catch (thrown) {
    const error = asAppError(thrown)
    const fields = { rpc: name, outcome: error.code, durationMs: Math.round(performance.now() - startedAt) }
    if (error.status >= 500) wire.logger.error({ ...fields, err: thrown }, 'rpc')
    else wire.logger.info(fields, 'rpc')
    reply(wire, message, error)
  }
}

function readRequest(spec: RpcSpec, message: Msg): unknown {
  let request: unknown
  try {
    request = json.decode(message.data)
  } catch (error) {
    throw failure('platform.request_invalid', { detail: 'The request is not JSON.', cause: error })
  }
  const check = checkOf(spec.request)
  if (!check.isValid(request)) throw failure('platform.request_invalid', { problems: check.problems(request) })
  return request
}

function reply(wire: Wire, message: Msg, thrown: unknown): void {
  const marked = headers()
  marked.set(errorHeader, '1')
  if (!wire.nc.isClosed()) message.respond(json.encode(asAppError(thrown).toWire()), { headers: marked })
}
