import { Agent, request } from 'node:http'
import { errorCodes, type ErrorCode } from '@plinth/contracts'
import { errorKinds } from '@plinth/kernel'
import { root } from '../platform/home.ts'

export type Ask = {
  method: string
  path: string
  token?: string | undefined
  /** Text or bytes are sent as they are, anything else as JSON. */
  body?: unknown
  /** `null` sends none. */
  type?: string | null
  headers?: Record<string, string>
  /** The loopback address that it comes from: sign-ins are limited by address. */
  from?: string | undefined
}
export type Answer = { status: number; type: string; headers: Record<string, unknown>; text: string }

const agent = new Agent({ keepAlive: true, maxSockets: 16 })
/** What an event stream says in this time is looked at; then it is left. */
const streamMs = 150

const bytesOf = (body: unknown): string | Buffer =>
  typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)

/** A request exactly as written: `fetch` would put paths right and set headers of its own. */
export const asker =
  (url: string) =>
  ({ method, path, token, body, type = 'application/json', headers = {}, from }: Ask): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(url)
      const bytes = body === undefined ? undefined : bytesOf(body)
      const call = request({
        host: '127.0.0.1',
        port,
        path,
        method,
        // An address of its own has a connection of its own.
        ...(from === undefined ? { agent } : { localAddress: from, agent: false }),
        timeout: 30_000,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(bytes !== undefined && { 'content-length': Buffer.byteLength(bytes) }),
          ...(bytes !== undefined && type !== null && { 'content-type': type }),
          ...headers,
        },
      })
      call.on('response', (response) => {
        let text = ''
        const found = (): void => {
          const { statusCode: status = 0, headers: sent } = response
          resolve({ status, type: sent['content-type'] ?? '', headers: sent, text })
        }
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', found).on('error', reject)
        if (!String(response.headers['content-type']).startsWith('text/event-stream')) return
        setTimeout(() => {
          found()
          call.destroy()
        }, streamMs)
      })
      call.on('timeout', () => call.destroy(new Error(`${method} ${path} took more than 30 s`)))
      call.on('error', reject)
      call.end(bytes)
    })
export type Asker = ReturnType<typeof asker>

/** SQL, stacks, and where the platform lies on its disk. */
const leaks = [
  /\bselect\s.+\sfrom\s/i,
  /insert into|delete from|\bupdate \w+ set\b|violates|duplicate key|syntax error at|relation "/i,
  /\bat (?:async )?(?:Object|new |file:|node:)|node_modules|\.ts:\d+/,
]

/** What a text tells of the inside of the platform, or nothing. */
export function leakOf(text: string): string | undefined {
  const leak = leaks.find((form) => form.test(text))
  return leak && `tells what is inside: ${leak}`
}

export type ErrorForm = 'problem' | 'otlp' | 'oauth' | 'confluent'

/** OTLP, OAuth and Confluent's registry have forms of errors of their own; all else answers problem documents. */
export function formOf(path: string): ErrorForm {
  if (path.startsWith('/otlp/')) return 'otlp'
  if (path.startsWith('/schema-registry/')) return 'confluent'
  return /^\/auth\/(?:token|device_authorization)(?:\?|$)/.test(path) ? 'oauth' : 'problem'
}

/** `error_code` is the status, or begins with it: 40401 is a 404. */
function isRegistryError(text: string, status: number): boolean {
  const { error_code: code = 0, message = '' } = JSON.parse(text) as { error_code?: number; message?: string }
  return (code === status || Math.floor(code / 100) === status) && message.length >= 10 && !message.includes('[object')
}

/** What is wrong with how it was answered, or nothing. */
export function complaint({ status, type, headers, text }: Answer, form: ErrorForm = 'problem'): string | undefined {
  if (status >= 500 || status < 200) return `answered ${status}`
  if (text.includes(root)) return `tells where the platform is: ${root}`
  if (status < 400) return undefined
  const leak = leakOf(text)
  if (leak !== undefined) return leak
  // OTLP has its own form of errors, google.rpc.Status, in the type of the request (OTLP 1.x, Failures).
  if (form === 'otlp' && /^application\/(?:json|x-protobuf)/.test(type))
    return text.includes('(') ? undefined : 'has no code'
  // RFC 6749, section 5.2; what the gateway refuses before is a problem there too.
  if (form === 'oauth' && type.startsWith('application/json'))
    return status === 400 && /^\{"error":"[a-z_]+"/.test(text) ? undefined : 'is no error of OAuth'
  if (form === 'confluent' && /^application\/(?:vnd\.schemaregistry\.v1\+)?json/.test(type))
    return isRegistryError(text, status) ? undefined : `is no error of a registry with status ${status}`
  if (!type.startsWith('application/problem+json')) return `${status} as ${type || 'nothing'}`
  const problem = JSON.parse(text) as { code?: string; status?: number; detail?: string; instance?: string }
  const { code = '', detail = '', instance = '' } = problem
  if (!Object.hasOwn(errorCodes, code)) return `has the unknown code ${JSON.stringify(code)}`
  if (errorKinds[errorCodes[code as ErrorCode][0]] !== status || problem.status !== status)
    return `${code} with status ${status}`
  if (detail.length < 10 || /undefined(?!\|)/.test(detail) || detail.includes('[object'))
    return `says only ${JSON.stringify(detail)}`
  return instance !== '' && instance === headers['x-request-id'] ? undefined : 'has no request id as its instance'
}

export const codeOf = ({ text }: Answer): string => (JSON.parse(text) as { code: string }).code
export const isRefused = ({ status }: Answer): boolean => status >= 400 && status < 500

/** Does the work for each, sixteen at a time; what it returned, without the nothings. */
export async function each<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result | undefined>,
): Promise<Result[]> {
  const found: Result[] = []
  const waiting = items.values()
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      const result = await work(item)
      if (result !== undefined) found.push(result)
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  return found
}
