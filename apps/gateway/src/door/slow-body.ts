import { failure } from '@plinth/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { writeProblem } from './problems.ts'

const patienceMs = 5_000

/** The gateway's own routes take a few hundred bytes at the most: whoever has not sent them by then never will. */
export function refuseSlowBody(request: FastifyRequest, reply: FastifyReply): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  if (coding === undefined && (length === undefined || length === '0')) return
  const timer = setTimeout(() => {
    if (request.raw.complete || reply.raw.headersSent) return
    reply.hijack()
    const error = failure('platform.request_too_slow', { detail: 'The body came in too slowly.' })
    request.facts.error = error
    writeProblem(reply.raw, error, request.url, request.id)
  }, patienceMs)
  reply.raw.once('close', () => clearTimeout(timer))
}
