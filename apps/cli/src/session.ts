import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client } from '@plinth/client'
import type { Operations } from '@plinth/contracts'
import { CliError } from './cli-error.ts'
import { exitCode } from './exit-codes.ts'

export type Api = Client<Operations>

/** One that was signed in with a token of the user's own has nothing to renew it with: it holds until it is withdrawn. */
type Saved = { url: string; username: string; accessToken: string; refreshToken?: string; expiresAtMs?: number }

const folder = (): string =>
  process.env['PLINTH_CONFIG_DIR'] ?? join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'plinth')
const file = (): string => join(folder(), 'session.json')

const loadSession = (): Saved | undefined => {
  if (!existsSync(file())) return undefined
  try {
    return JSON.parse(readFileSync(file(), 'utf8')) as Saved
  } catch {
    return undefined
  }
}

/** Readable by its owner only, and replaced as a whole: a killed command leaves the old session. */
export function saveSession(session: Saved): void {
  mkdirSync(folder(), { recursive: true, mode: 0o700 })
  chmodSync(folder(), 0o700)
  const temporary = `${file()}.${process.pid}`
  writeFileSync(temporary, JSON.stringify(session), { mode: 0o600 })
  renameSync(temporary, file())
}

export const forgetSession = (): void => rmSync(file(), { force: true })

export const defaultUrl = (): string => process.env['PLINTH_URL'] ?? loadSession()?.url ?? 'http://localhost:8080'

export async function signIn(url: string, username: string, password: string): Promise<void> {
  const api = createClient({ baseUrl: url })
  keepTokens(url, username, await api.createSession({ body: { username, password } }))
}

/** Keeps the tokens that a sign-in gave, to be renewed from then on. */
export function keepTokens(
  url: string,
  username: string,
  tokens: { accessToken: string; refreshToken: string; expiresInSeconds: number },
): void {
  const { accessToken, refreshToken, expiresInSeconds } = tokens
  saveSession({ url, username, accessToken, refreshToken, expiresAtMs: Date.now() + expiresInSeconds * 1000 })
}

/** Whom a token signs in; refuses one that the platform does not know. */
export async function ownerOf(url: string, token: string): Promise<string> {
  const me = await createClient({ baseUrl: url, token }).getMe()
  return me.username ?? me.subject
}

const isFresh = ({ expiresAtMs = 0 }: Saved): boolean => expiresAtMs - Date.now() > 30_000

/** The access token of the session, renewed when it has less than half a minute left. */
async function currentToken(url: string): Promise<string> {
  const saved = loadSession()
  if (!saved) throw new CliError('You are not signed in. Run `plinth login` first.', exitCode('unauthenticated'))
  const { refreshToken } = saved
  if (refreshToken === undefined || isFresh(saved)) return saved.accessToken
  const renewed = await createClient({ baseUrl: url })
    .refreshSession({ body: { refreshToken } })
    .catch(() => undefined)
  if (!renewed) {
    // Another command may have renewed at the same moment: each refresh token works once.
    const other = loadSession()
    if (other && isFresh(other)) return other.accessToken
    throw new CliError('Your sign-in has ended. Run `plinth login` again.', exitCode('unauthenticated'))
  }
  keepTokens(saved.url, saved.username, renewed)
  return renewed.accessToken
}

/** The credential that commands use: PLINTH_TOKEN where it is set, else the access token of `plinth login`. */
export const accessToken = (url: string): Promise<string> => {
  const token = process.env['PLINTH_TOKEN']
  return token ? Promise.resolve(token) : currentToken(url)
}

/** A client of the platform: by PLINTH_TOKEN where it is set (jobs, programs), else by the session of `plinth login`. */
export function connect(): Api {
  const url = defaultUrl()
  const token = process.env['PLINTH_TOKEN']
  return createClient({ baseUrl: url, token: token ? token : () => currentToken(url) })
}
