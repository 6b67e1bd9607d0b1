import type { AppError } from '@plinth/kernel'

/** What a refusal of the platform is called among Confluent's error codes; else its status is its code. */
const codes: Readonly<Record<number, number>> = { 401: 40101, 403: 40301, 422: 42201, 500: 50001, 504: 50002 }

export const confluentType = 'application/vnd.schemaregistry.v1+json'
export const confluentPath = '/schema-registry/'

/** An error as Confluent's Schema Registry API has it; its own codes are in the extension `error_code`. */
export function confluentError(error: AppError): { error_code: number; message: string } {
  const own = error.extensions['error_code']
  return {
    error_code: typeof own === 'number' ? own : (codes[error.status] ?? error.status),
    message: error.publicDetail,
  }
}
