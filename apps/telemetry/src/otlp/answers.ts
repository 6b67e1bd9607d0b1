import { failure } from '@plinth/contracts'
import type { AppError, ErrorKind } from '@plinth/kernel'
import { encodePartialSuccess, encodeStatus } from './messages.ts'
import type { Signal } from '../storage/inserts.ts'
import type { Encoding, Prepared } from './prepare.ts'

/** The encoding that a Content-Type names; parameters don't matter. Throws media_type_unsupported. */
export function encodingOf(contentType: string | undefined): Encoding {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf') return 'protobuf'
  if (type === 'application/json') return 'json'
  throw failure('platform.media_type_unsupported', {
    detail: 'Content-Type must be application/x-protobuf or application/json.',
  })
}

export type Reply = { status: number; contentType: string; body: Uint8Array | string; retryAfterSeconds?: number }

const contentTypes = { protobuf: 'application/x-protobuf', json: 'application/json' } as const
const rejectedMembers = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' } as const

/** Full success leaves `partial_success` unset; a partial one says how many records are gone and why. */
export function successReply(signal: Signal, encoding: Encoding, { rejected, reason }: Prepared): Reply {
  const contentType = contentTypes[encoding]
  if (rejected === 0) return { status: 200, contentType, body: encoding === 'json' ? '{}' : new Uint8Array() }
  const errorMessage = `${rejected} rejected: ${reason}.`
  const body =
    encoding === 'json'
      ? JSON.stringify({ partialSuccess: { [rejectedMembers[signal]]: String(rejected), errorMessage } })
      : encodePartialSuccess({ rejected, errorMessage })
  return { status: 200, contentType, body }
}

// google.rpc.Code
const rpcCodes: Partial<Record<ErrorKind, number>> = {
  invalid: 3,
  unsupported: 3,
  forbidden: 7,
  too_large: 8,
  limited: 8,
  unavailable: 14,
  timeout: 4,
  unauthenticated: 16,
}

export const statusOf = (error: AppError): { code: number; message: string } => ({
  code: rpcCodes[error.kind] ?? 13,
  message: `${error.publicDetail} (${error.code})`,
})

/** Every failure has a google.rpc.Status for its body, in the encoding of the request where that is known. */
export function failureReply(encoding: Encoding | undefined, error: AppError): Reply {
  const status = statusOf(error)
  return {
    status: error.status,
    contentType: contentTypes[encoding ?? 'json'],
    body: encoding === 'protobuf' ? encodeStatus(status) : JSON.stringify(status),
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
  }
}
