import { AppError, type AppErrorOptions } from '@plinth/kernel'
import { errorCodes, type ErrorCode } from './error-codes.ts'

/** The error of a code; its kind comes from the one table, so a code always answers with the same status. */
export function failure(code: ErrorCode, options: AppErrorOptions = {}): AppError {
  const [kind, explanation] = errorCodes[code]
  return new AppError(kind, code, { detail: `${explanation}.`, ...options })
}
