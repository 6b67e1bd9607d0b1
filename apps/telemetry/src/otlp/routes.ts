import type { contracts } from '@plinth/contracts'
import { AppError, asAppError, type Logger } from '@plinth/kernel'
import { leaveBody, type Handlers } from '@plinth/service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Identity } from '@plinth/kernel'
import type { Signal } from '../storage/inserts.ts'
import { stampOf } from '../stamp.ts'
import { encodingOf, failureReply, successReply, type Reply } from './answers.ts'
import { withBody } from './body.ts'
import type { Ingest } from './ingest.ts'
import type { Encoding } from './prepare.ts'

type IngestRoutes = Pick<Handlers<typeof contracts.telemetry.routes>, 'ingestTraces' | 'ingestMetrics' | 'ingestLogs'>
type Asked = { who: Identity; raw: FastifyRequest; reply: FastifyReply }

/** OTLP/HTTP (opentelemetry.io/docs/specs/otlp). */
export function ingestRoutes(ingest: Ingest, logger: Logger): IngestRoutes {
  const handler =
    (signal: Signal) =>
    async ({ who, raw, reply }: Asked): Promise<FastifyReply> => {
      let encoding: Encoding | undefined
      try {
        const known = encodingOf(raw.headers['content-type'])
        encoding = known
        const stamp = stampOf(who)
        const prepared = await withBody(raw.raw, (body) => ingest(signal, known, body, stamp))
        return send(reply, successReply(signal, known, prepared))
      } catch (thrown) {
        const error = asAppError(thrown)
        if (!(thrown instanceof AppError))
          logger.error({ err: thrown, signal, requestId: who.requestId }, 'telemetry could not be taken')
        leaveBody(raw.raw)
        return send(reply, failureReply(encoding, error))
      }
    }
  return { ingestTraces: handler('traces'), ingestMetrics: handler('metrics'), ingestLogs: handler('logs') }
}

function send(reply: FastifyReply, { status, contentType, body, retryAfterSeconds }: Reply): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  return reply
    .code(status)
    .header('content-type', contentType)
    .send(typeof body === 'string' ? Buffer.from(body, 'utf8') : Buffer.from(body))
}
