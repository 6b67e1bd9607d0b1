import { failure, type ErrorCode } from '@plinth/contracts'
import type { Mode, Scope } from '../registry/settings.ts'

const platformCodes: Readonly<Record<number, ErrorCode>> = {
  40401: 'schemas.subject_unknown',
  40402: 'schemas.version_unknown',
  404: 'platform.not_found',
  409: 'platform.conflict',
  40901: 'schemas.incompatible',
  422: 'schemas.schema_invalid',
}

/** A refusal by its number in Confluent's API, whose first three digits are the status. */
export const refusal = (code: number, detail: string): Error =>
  failure(platformCodes[code] ?? platformCodes[Math.floor(code / 100)] ?? 'platform.request_invalid', {
    detail,
    extensions: { error_code: code },
  })

export const subjectNotFound = (name: string): Error => refusal(40401, `Subject '${name}' not found.`)
export const versionNotFound = (version: number | string): Error => refusal(40402, `Version ${version} not found.`)
export const schemaNotFound = (what = 'Schema'): Error => refusal(40403, `${what} not found`)
/** @throws 42205 where a mode forbids any change */
export function refuseReadOnly({ project, subject }: Scope, mode: Mode): void {
  if (mode !== 'READONLY' && mode !== 'READONLY_OVERRIDE') return
  const what = subject === '' ? 'It' : `Subject ${subject}`
  throw notPermitted(`${what} in context .${project} is in read-only mode`)
}
export const notPermitted = (detail: string): Error => refusal(42205, detail)
