import { STATUS_CODES } from 'node:http'
import { errorCodes, failure, type ErrorCode } from '@plinth/contracts'
import { AppError, asAppError } from '@plinth/kernel'

export const problemType = 'application/problem+json'

/** What Fastify itself refuses, as our codes. Its messages are not passed on: they are about its own options. */
const fastifyErrors: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'platform.body_too_large',
    'The body is larger than this route takes; send less, or in parts.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'platform.media_type_unsupported',
    'This route takes JSON; send it with `Content-Type: application/json`.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    'platform.request_invalid',
    'The body is not valid JSON; it must be one JSON document in UTF-8.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['platform.request_invalid', 'The body is empty; this route needs a JSON document.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'platform.request_invalid',
    'The body is not as long as its `Content-Length` says.',
  ],
  FST_ERR_BAD_URL: ['platform.request_invalid', 'The path is not a valid URL path; check its percent-encoding.'],
  FST_ERR_MAX_PARAM_LENGTH: [
    'platform.request_invalid',
    'A part of the path is longer than 400 characters; no name is.',
  ],
}

/** Any thrown value as the error that the caller may see. */
export function publicError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown.kind === 'bug' ? asAppError({ cause: thrown }) : thrown
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined
  const known = typeof code === 'string' ? fastifyErrors[code] : undefined
  return known === undefined ? asAppError(thrown) : failure(known[0], { detail: known[1], cause: thrown })
}

/** The document of RFC 9457; extension members never replace the standard ones. */
export function problemDocument(error: AppError, requestId: string): Record<string, unknown> {
  const entry = Object.hasOwn(errorCodes, error.code) ? errorCodes[error.code as ErrorCode] : undefined
  return {
    ...error.extensions,
    type: `urn:plinth:error:${error.code}`,
    title: entry?.[1] ?? STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.publicDetail,
    instance: requestId,
    ...(error.problems.length > 0 && { errors: error.problems }),
  }
}

/** Seconds for `Retry-After`: what the error says, else a short while for what passes by itself. */
export function retryAfterSeconds(error: AppError): number | undefined {
  if (error.retryAfterSeconds !== undefined) return Math.max(1, Math.ceil(error.retryAfterSeconds))
  if (error.code === 'platform.request_in_progress') return 1
  return error.kind === 'unavailable' || error.kind === 'limited' ? 2 : undefined
}
