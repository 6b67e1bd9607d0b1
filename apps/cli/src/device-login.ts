import { pause } from '@plinth/kernel'
import { exitCode } from './exit-codes.ts'
import { CliError } from './cli-error.ts'

const clientId = 'plinth-cli'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

export type DeviceTokens = { accessToken: string; refreshToken: string; expiresInSeconds: number }
/** What to tell the user: where to go, and what to type there. */
export type DevicePrompt = { verificationUri: string; completeUri: string; userCode: string; expiresInSeconds: number }

type Answer = { status: number; fields: Record<string, unknown> }
type Parts = { fetch?: typeof fetch; pause?: (ms: number) => Promise<unknown> }

/**
 * Signs in by a browser that is elsewhere (RFC 8628): asks for a code, tells it by `tell`, and asks for the tokens at
 * the pace that the platform sets until somebody has allowed or refused it, or the code has expired.
 */
export async function signInByDevice(
  url: string,
  tell: (prompt: DevicePrompt) => void,
  parts: Parts = {},
): Promise<DeviceTokens> {
  const send = parts.fetch ?? fetch
  const wait = parts.pause ?? pause
  const asked = await post(send, url, '/auth/device_authorization', { client_id: clientId })
  const deviceCode = text(asked.fields['device_code'])
  const userCode = text(asked.fields['user_code'])
  const verificationUri = text(asked.fields['verification_uri'])
  if (asked.status !== 200 || !deviceCode || !userCode || !verificationUri) throw refused(asked)
  const expiresInSeconds = seconds(asked.fields['expires_in'], 600)
  const completeUri = text(asked.fields['verification_uri_complete']) || verificationUri
  tell({ verificationUri, completeUri, userCode, expiresInSeconds })
  const fields = { grant_type: deviceGrant, device_code: deviceCode, client_id: clientId }
  let intervalMs = seconds(asked.fields['interval'], 5) * 1000
  for (let leftMs = expiresInSeconds * 1000; leftMs > 0; leftMs -= intervalMs) {
    await wait(intervalMs)
    // A platform that can't be reached for a moment has not refused: asked again, more slowly (section 3.5).
    const answer = await post(send, url, '/auth/token', fields).catch(() => undefined)
    if (answer?.status === 200) return tokensFrom(answer)
    const error = answer?.fields['error']
    if (answer === undefined || answer.status >= 500 || error === 'slow_down') intervalMs += 5_000
    else if (error !== 'authorization_pending') throw refused(answer)
  }
  throw new CliError('The code has expired before anybody allowed it. Run `plinth login` again.', unauthenticated)
}

const unauthenticated = exitCode('unauthenticated')
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const seconds = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && value > 0 ? value : otherwise

async function post(send: typeof fetch, url: string, path: string, fields: Record<string, string>): Promise<Answer> {
  const signal = AbortSignal.timeout(15_000)
  try {
    const response = await send(`${url}${path}`, { method: 'POST', body: new URLSearchParams(fields), signal })
    const body: unknown = await response.json().catch(() => undefined)
    return { status: response.status, fields: typeof body === 'object' && body !== null ? { ...body } : {} }
  } catch {
    throw new CliError(`${url} can't be reached; check that the platform runs there.`, exitCode('unavailable'))
  }
}

function tokensFrom({ fields }: Answer): DeviceTokens {
  const accessToken = text(fields['access_token'])
  const refreshToken = text(fields['refresh_token'])
  if (!accessToken || !refreshToken) throw new CliError('The platform answered without tokens.')
  return { accessToken, refreshToken, expiresInSeconds: seconds(fields['expires_in'], 60) }
}

function refused({ status, fields }: Answer): CliError {
  if (fields['error'] === 'access_denied') return new CliError('It was refused in the browser.', unauthenticated)
  if (fields['error'] === 'expired_token')
    return new CliError('The code has expired. Run `plinth login` again.', unauthenticated)
  const why = text(fields['error_description']) || text(fields['detail']) || `it answered ${status}`
  return new CliError(`The platform did not sign this device in: ${why}`, unauthenticated)
}
