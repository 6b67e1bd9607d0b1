/** What a denial names as missing. */
export type Required = {
  action: string
  object: string
  domain: string
  /** The nearest single grant that would allow it. */
  grant?: { role: string; domain: string }
}
export type Shown = {
  status: number
  code: string
  title: string
  detail: string
  requestId?: string
  errors: readonly { path: string; message: string }[]
  required?: Required
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const titles: Readonly<Record<number, string>> = {
  0: 'The platform cannot be reached',
  400: 'The request was not understood',
  401: 'You are signed out',
  403: 'You may not do this',
  404: 'Not here',
  409: 'It does not fit what is there',
  412: 'Somebody changed it meanwhile',
  422: 'Something in it is not right',
  429: 'Too many at once',
  503: 'A part of the platform is not there just now',
  504: 'It took too long',
}

function requiredOf(value: unknown, nearest: unknown): Required | undefined {
  if (!isRecord(value)) return undefined
  const { action, object, domain } = value
  if (typeof action !== 'string' || typeof object !== 'string') return undefined
  const where = textOf(domain) ?? '*'
  const role = isRecord(nearest) ? textOf(nearest['role']) : undefined
  const grant = role !== undefined && isRecord(nearest) && { role, domain: textOf(nearest['domain']) ?? where }
  return { action, object, domain: where, ...(grant && { grant }) }
}

function errorsOf(value: unknown): Shown['errors'] {
  if (!Array.isArray(value)) return []
  return value
    .filter(isRecord)
    .map((one) => ({ path: textOf(one['path']) ?? '', message: textOf(one['message']) ?? '' }))
}

/** Reads anything thrown (PlinthError, a network failure, a defect) as what a page can show. */
export function problemOf(error: unknown): Shown {
  const thrown: Record<string, unknown> = isRecord(error) ? error : {}
  const extensions = isRecord(thrown['extensions']) ? thrown['extensions'] : {}
  const status = typeof thrown['status'] === 'number' ? thrown['status'] : 0
  const requestId = textOf(thrown['requestId'])
  const required = requiredOf(extensions['required'], extensions['nearestGrant'] ?? extensions['grant'])
  const fallback =
    status === 0 ? 'Check the connection; what you see may be old. It is tried again by itself.' : 'No more is known.'
  return {
    status,
    code: textOf(thrown['code']) ?? 'portal.unreachable',
    title: titles[status] ?? 'Something went wrong on our side',
    detail: (status === 0 ? undefined : (textOf(thrown['detail']) ?? textOf(thrown['message']))) ?? fallback,
    errors: errorsOf(thrown['errors']),
    ...(requestId !== undefined && { requestId }),
    ...(required !== undefined && { required }),
  }
}
