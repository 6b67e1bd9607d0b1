import { randomBytes } from 'node:crypto'
import { failure } from '@plinth/contracts'
import { AppError, type Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import { source, type Parts } from '../parts.ts'
import * as attempts from '../sessions/attempts.ts'
import { providerOf } from '../sessions/store.ts'
import { sessionUseCases } from '../sessions/usecases.ts'
import { hashOf } from '../tokens/secrets.ts'
import { OAuthRefusal } from './oauth.ts'
import * as store from './store.ts'
import { newUserCode, readCode, shownCode } from './user-code.ts'

const lifetimeSeconds = 600
const firstIntervalSeconds = 5
/** Added each time that a device asks too soon (RFC 8628, section 3.5). */
const slowerSeconds = 5
/** So that a guess among all codes stays hopeless, whoever asks for codes. */
const pendingMax = 10_000
const clientForm = /^[\w. -]{1,60}$/

type DeviceParts = Pick<Parts, 'store' | 'clock' | 'passwords' | 'accessTokens' | 'publicUrl'>
type Fields = ReadonlyMap<string, string>

/** Signing in on a device without a browser (RFC 8628): it shows a code, and its user allows it where he is signed in. */
export const deviceUseCases = (parts: DeviceParts) => ({
  authorize: (fields: Fields, address: string | undefined) => authorize(parts, fields, address),

  /** What the code that somebody typed asks for. Who types wrong ones again and again waits longer and longer. */
  async find(who: Identity, typed: string) {
    const { db } = parts.store
    const code = await guarded(parts, who, typed, (hash) => store.findPending(db, hash, parts.clock.now()))
    const { client, address, createdAt, expiresAt } = code.found
    return { userCode: shownCode(code.code), client, createdAt, expiresAt, ...(address !== null && { address }) }
  },

  decide: (who: Identity, typed: string, allow: boolean): Promise<void> => decide(parts, who, typed, allow),

  /** The tokens of an ordinary session, for a code that was allowed or for a refresh token. */
  async token(fields: Fields, requestId: string) {
    const grant = fields.get('grant_type')
    if (grant === 'refresh_token') return shown(await refresh(parts, fields.get('refresh_token'), requestId))
    if (grant !== 'urn:ietf:params:oauth:grant-type:device_code')
      throw new OAuthRefusal('unsupported_grant_type', 'Only device_code and refresh_token are granted here.')
    return shown(await trade(parts, fields))
  },
})

async function authorize(
  { store: { db }, clock, publicUrl }: DeviceParts,
  fields: Fields,
  address: string | undefined,
) {
  const client = clientOf(fields)
  const now = clock.now()
  if ((await store.countPending(db, now)) >= pendingMax) throw failure('platform.rate_limited')
  const deviceCode = randomBytes(32).toString('base64url')
  const userCode = newUserCode()
  await store.insertCode(db, {
    deviceHash: hashOf(deviceCode),
    userCodeHash: hashOf(userCode),
    client,
    address,
    now,
    expiresAt: new Date(now.getTime() + lifetimeSeconds * 1000),
    intervalSeconds: firstIntervalSeconds,
  })
  return {
    device_code: deviceCode,
    user_code: shownCode(userCode),
    verification_uri: `${publicUrl}/device`,
    verification_uri_complete: `${publicUrl}/device?code=${shownCode(userCode)}`,
    expires_in: lifetimeSeconds,
    interval: firstIntervalSeconds,
  }
}

async function decide(parts: DeviceParts, who: Identity, typed: string, allow: boolean): Promise<void> {
  const { store: database, clock } = parts
  const username = who.subject.startsWith('user:') ? who.subject.slice('user:'.length) : undefined
  const provider = await providerOf(database.db, who.credentialId, clock.now())
  // A token is for programs and has an end; a session that it begets would outlive it.
  if (username === undefined || provider === undefined)
    throw failure('gateway.permission_denied', { detail: 'Only a user who is signed in allows a device.' })
  await guarded(parts, who, typed, (userCodeHash) =>
    database.transaction(async (tx) => {
      const code = await store.decidePending(tx, { userCodeHash, allow, username, provider, now: clock.now() })
      if (code === undefined) return undefined
      await recordAudit(tx, source, who, {
        action: allow ? 'device.allow' : 'device.refuse',
        project: 'platform',
        object: `user/${username}`,
        detail: { client: code.client, ...(code.address !== null && { address: code.address }) },
      })
      return code
    }),
  )
}

async function refresh(parts: DeviceParts, refreshToken: string | undefined, requestId: string) {
  if (refreshToken === undefined || refreshToken.length > 500)
    throw new OAuthRefusal('invalid_request', 'The field refresh_token is missing.')
  return sessionUseCases(parts)
    .refreshSession(refreshToken, requestId)
    .catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'authorization.refresh_token_invalid')
        throw new OAuthRefusal('invalid_grant', error.publicDetail)
      throw error
    })
}

async function trade(parts: DeviceParts, fields: Fields) {
  const deviceCode = fields.get('device_code')
  const client = clientOf(fields)
  if (deviceCode === undefined) throw new OAuthRefusal('invalid_request', 'The field device_code is missing.')
  const deviceHash = hashOf(deviceCode)
  // A refusal is returned and not thrown: that it was asked is kept.
  const outcome = await parts.store.transaction(async (tx) => {
    const code = await pollOnce(tx, { deviceHash, client, now: parts.clock.now() })
    return code instanceof OAuthRefusal ? code : giveOut(parts, tx, { ...code, deviceHash })
  })
  if (outcome instanceof OAuthRefusal) throw outcome
  return outcome()
}

/** Whether the device may have its tokens now; the code is locked until the transaction ends. */
async function pollOnce(
  tx: Tx,
  { deviceHash, client, now }: { deviceHash: string; client: string; now: Date },
): Promise<OAuthRefusal | store.Polled> {
  const code = await store.lockCode(tx, deviceHash, now)
  if (code === undefined || code.client !== client)
    return new OAuthRefusal('invalid_grant', 'There is no such code, or its tokens were given out.')
  if (code.expired) return new OAuthRefusal('expired_token', 'The code has expired; begin again.')
  const soonestMs = (code.lastPollMs ?? -Infinity) + code.intervalSeconds * 1000
  const isEarly = now.getTime() < soonestMs
  const intervalSeconds = code.intervalSeconds + (isEarly ? slowerSeconds : 0)
  await store.notePoll(tx, deviceHash, { now, intervalSeconds })
  if (isEarly) return new OAuthRefusal('slow_down', `Ask once in ${intervalSeconds} s.`)
  return code.state === 'pending' ? new OAuthRefusal('authorization_pending', 'Nobody has decided yet.') : code
}

async function giveOut(parts: DeviceParts, tx: Tx, code: store.Polled & { deviceHash: string }) {
  await store.deleteCode(tx, code.deviceHash)
  const { username, provider, client } = code
  if (code.state === 'denied' || username === null) return denied()
  const session = await sessionUseCases(parts).openFor(tx, { username, provider })
  if (session === undefined) return denied()
  const { sessionId, tokens } = session
  await recordAudit(
    tx,
    source,
    { subject: `user:${username}` },
    { action: 'session.create', project: 'platform', object: `session/${sessionId}`, detail: { device: client } },
  )
  return tokens
}

const denied = (): OAuthRefusal => new OAuthRefusal('access_denied', 'The device was not allowed.')

/** Looks a typed code up; each miss counts against whoever typed, and locks as wrong passwords do. */
async function guarded<T>(
  { store: { db }, clock }: DeviceParts,
  who: Identity,
  typed: string,
  look: (userCodeHash: string) => Promise<T | undefined>,
): Promise<{ code: string; found: T }> {
  const key = `device codes of ${who.subject}`
  const { lockedSeconds } = await attempts.begin(db, key, clock.now())
  if (lockedSeconds > 0) {
    throw failure('platform.rate_limited', {
      detail: `Too many codes that there are not; try again in ${lockedSeconds} s.`,
      retryAfterSeconds: lockedSeconds,
    })
  }
  const code = readCode(typed)
  const found = code === undefined ? undefined : await look(hashOf(code))
  if (code === undefined || found === undefined) throw failure('authorization.device_code_unknown')
  // Not forgotten: whoever knows one code, his own, could else go on guessing others'.
  await attempts.takeBack(db, key)
  return { code, found }
}

function clientOf(fields: Fields): string {
  const client = fields.get('client_id')
  if (client === undefined || !clientForm.test(client))
    throw new OAuthRefusal('invalid_request', 'The field client_id must name the client: letters, digits and . _ -')
  return client
}

type Tokens = { accessToken: string; refreshToken: string; expiresInSeconds: number }
const shown = ({ accessToken, refreshToken, expiresInSeconds }: Tokens) => ({
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: expiresInSeconds,
  refresh_token: refreshToken,
})
