import { CliError } from '../cli-error.ts'
import type { Answer } from './answers.ts'
import { converse, type Piece } from './wire.ts'

/** Where bytes are sent to, and from which address of this machine. */
export type Place = {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly localAddress?: string
}

/** The platform that is attacked. */
export type Target = Place & {
  readonly url: string
  /** As its `Host` field says it. */
  readonly authority: string
  /** A credential that may do something, so that a refusal means something. */
  readonly token: string
  /** The public keys that access tokens are verified with. */
  readonly keys: readonly SigningKey[]
}
export type SigningKey = Readonly<Record<string, unknown>>

/** What anybody with a credential may read: attacks try to get it in other ways. */
export const guardedPath = '/api/v1/me'
/** What that says, and no refusal does. */
export const secretOfGuarded = /"subject"\s*:/
/** A route that takes a body and writes nothing: it answers questions about rights. */
export const bodyPath = '/api/v1/access/can-i'
export const goodBody = '{"questions":[{"action":"get","object":"project/none","domain":"none"}]}'
/** A path that only who administers may use, with a method that would make something. */
export const privilegedPath = '/api/v1/users'

type Request = {
  method?: string
  path?: string
  /** Lines of the head. */
  fields?: readonly string[]
  body?: string
  /** `Bearer` of the target's credential goes along unless it is false. */
  isSignedIn?: boolean
}

/** The text of one well-formed request; its connection is closed after it. */
export function requestText(target: Target, { method = 'GET', path = guardedPath, ...request }: Request = {}): string {
  const { fields = [], body = '', isSignedIn = true } = request
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `host: ${target.authority}`,
    'connection: close',
    ...(isSignedIn ? [`authorization: Bearer ${target.token}`] : []),
    ...fields,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** A request with a JSON body of its right length. */
export const postText = (target: Target, body: string, fields: readonly string[] = [], path = bodyPath): string =>
  requestText(target, {
    method: 'POST',
    path,
    fields: ['content-type: application/json', `content-length: ${Buffer.byteLength(body, 'latin1')}`, ...fields],
    body,
  })

/** Loopback has many addresses: from one of its own, an attack takes no sign-ins from whoever else is on this machine. */
const attackerAddress = '127.77.0.1'

/** Finds out what the attacks need, and that the platform is there and takes the credential. */
export async function aimAt(url: string, token: string): Promise<Target> {
  const { protocol, hostname, port, host } = new URL(url)
  const isTls = protocol === 'https:'
  if (!isTls && protocol !== 'http:') throw new CliError(`${url} begins neither with http:// nor https://.`)
  const isLoopback = ['localhost', '127.0.0.1'].includes(hostname) && process.platform === 'linux'
  const place: Place = {
    host: isLoopback ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    isTls,
    ...(isLoopback && { localAddress: attackerAddress }),
  }
  const bare: Target = { ...place, url, authority: host, token, keys: [] }
  const jwks = await once(bare, requestText(bare, { path: '/.well-known/jwks.json', isSignedIn: false }))
  if (jwks?.status !== 200) throw new CliError(`${url} does not answer as a Plinth does.`, 7)
  const { keys } = JSON.parse(jwks.body) as { keys: SigningKey[] }
  const target = { ...bare, keys }
  const problem = await controlProblem(target)
  if (problem !== undefined)
    throw new CliError(`The attacks need a token that may read ${guardedPath}: ${problem}. Run \`plinth login\`.`, 3)
  return target
}

/** The first answer to a text, if there is one. */
export async function once(place: Place, pieces: string | readonly Piece[]): Promise<Answer | undefined> {
  const { answers } = await converse(place, typeof pieces === 'string' ? [pieces] : pieces)
  return answers.find(({ status }) => status >= 200)
}

/** What is wrong with how a good request is answered: while one is not, no refusal of a bad one proves anything. */
export async function controlProblem(target: Target): Promise<string | undefined> {
  const answer = await once(target, requestText(target))
  if (answer?.status !== 200) return `a good request was answered ${answer?.status ?? 'nothing'}`
  return secretOfGuarded.test(answer.body) ? undefined : 'a good request was answered with something else'
}
