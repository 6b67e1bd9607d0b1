import type { Policy } from '../format.ts'
import { isMap, pointer, same, type Json, type JsonMap } from '../json-text.ts'
import { answerOf, typeOf, type Access, type Answer, type Api, type Operation } from './model.ts'
import { answerFor, requestFor, valueAt } from './sample-exchange.ts'

/** A difference in what two operations have, apart from their schemas. `server` and `client` are the places on both sides. */
export type Difference = {
  readonly rule: string
  readonly server: string
  readonly client: string
  readonly message: string
  readonly edit: string
  /** A request or answer that shows it, where the smallest request of the clients does not. */
  readonly exchange?: (server: Api, client: Api) => JsonMap | undefined
}
type Add = (
  rule: string,
  server: string,
  client: string,
  message: string,
  edit: string,
  exchange?: Difference['exchange'],
) => void

/** What an operation of the server refuses or withholds that clients were told of. */
export function differences(server: Operation, client: Operation, policy: Policy): Difference[] {
  const all: Difference[] = []
  const add: Add = (rule, at, clientAt, message, edit, exchange) =>
    void all.push({
      rule,
      server: at,
      client: clientAt,
      message: `${client.key}: ${message}`,
      edit,
      ...(exchange && { exchange }),
    })
  parameters(server, client, policy, add)
  bodies(server, client, policy, add)
  answers(server, client, policy, add)
  access(server, client, add)
  if (policy === 'EXACT' && client.id !== undefined && client.id !== server.id)
    add(
      'OPERATION_ID_CHANGED',
      pointer(server.at, 'operationId'),
      pointer(client.at, 'operationId'),
      `generated clients call it ${client.id}, and ${server.id ?? 'nothing'} is its name now`,
      'Keep the operationId.',
    )
  return all
}

function parameters(server: Operation, client: Operation, policy: Policy, add: Add): void {
  const before = new Map(client.parameters.map((parameter) => [parameter.identity, parameter]))
  for (const now of server.parameters) {
    const was = before.get(now.identity)
    const name = `${now.in} parameter ${now.name}`
    if (!was && now.required)
      add(
        'REQUIRED_PARAMETER_ADDED',
        now.at,
        client.at,
        `clients do not send the ${name}`,
        `Let ${now.name} be optional.`,
      )
    else if (was && now.required && !was.required)
      add(
        'PARAMETER_BECAME_REQUIRED',
        now.at,
        was.at,
        `clients may leave the ${name} out`,
        `Let ${now.name} stay optional.`,
      )
    if (was && was.writing !== now.writing)
      add(
        'PARAMETER_WRITING_CHANGED',
        now.at,
        was.at,
        `the ${name} is written as ${was.writing} and read as ${now.writing}`,
        'Keep its style and content, and add a parameter under another name.',
      )
  }
  const kept = new Set(server.parameters.map(({ identity }) => identity))
  if (policy !== 'LENIENT')
    for (const was of client.parameters)
      if (!kept.has(was.identity))
        add(
          'PARAMETER_REMOVED',
          server.at,
          was.at,
          `what clients say by the ${was.in} parameter ${was.name} is ignored or refused`,
          `Keep ${was.name}, as deprecated.`,
          (_, api) => requestFor(api, client, new Map([[was.key, valueAt(api.sent, was.key)]])),
        )
}

function bodies(server: Operation, client: Operation, policy: Policy, add: Add): void {
  const now = server.body
  const was = client.body
  const full: Difference['exchange'] = (_, api) => {
    const [key] = was?.types.values() ?? []
    return key === undefined ? undefined : requestFor(api, client, new Map([[key, valueAt(api.sent, key)]]))
  }
  if (now?.required === true && !was)
    add('REQUIRED_BODY_ADDED', now.at, client.at, 'clients send no body', 'Let the body be optional.')
  else if (now?.required === true && was && !was.required)
    add('BODY_BECAME_REQUIRED', now.at, was.at, 'clients may send no body', 'Let the body stay optional.')
  if (was && !now && policy !== 'LENIENT')
    add('BODY_REMOVED', server.at, was.at, 'the body that clients send is ignored or refused', 'Keep the body.', full)
  if (was && now)
    for (const type of was.types.keys())
      if (typeOf(now.types, type) === undefined)
        add(
          'REQUEST_MEDIA_TYPE_REMOVED',
          pointer(now.at, 'content'),
          pointer(was.at, 'content', type),
          `clients send ${type}, which is not read any more`,
          `Keep ${type}.`,
          (_, api) => {
            const key = was.types.get(type) ?? ''
            return requestFor(api, client, new Map([[key, valueAt(api.sent, key)]]))
          },
        )
}

const succeeds = (status: string): boolean => /^[23]/.test(status)

function answers(server: Operation, client: Operation, policy: Policy, add: Add): void {
  for (const [status, was] of client.answers) {
    const now = server.answers.get(status) ?? server.answers.get(`${status[0]}XX`)
    if (now) content(now, was, policy, add)
    else if (policy === 'EXACT' || succeeds(status))
      add(
        'RESPONSE_REMOVED',
        pointer(server.at, 'responses'),
        was.at,
        `clients wait for ${status}, which is not answered any more`,
        `Keep the response ${status}.`,
        (_, api) => answerFor(api, client, status, new Map()),
      )
  }
  if (policy !== 'EXACT') return
  for (const [status, now] of server.answers)
    if (!answerOf(client.answers, status))
      add(
        'RESPONSE_ADDED',
        now.at,
        pointer(client.at, 'responses'),
        `clients do not know what ${status} means`,
        'Answer with a status that was there, or describe "default" in a version before.',
        (api) => answerFor(api, server, status, new Map()),
      )
}

function content(now: Answer, was: Answer, policy: Policy, add: Add): void {
  for (const type of was.types.keys())
    if (typeOf(now.types, type) === undefined)
      add(
        'RESPONSE_MEDIA_TYPE_REMOVED',
        pointer(now.at, 'content'),
        pointer(was.at, 'content', type),
        `clients accept ${type} for ${was.status}, which is not answered any more`,
        `Keep ${type}.`,
      )
  const kept = new Map(now.headers.map((header) => [header.name, header]))
  for (const header of was.headers) {
    const found = kept.get(header.name)
    if (!found && (header.required || policy === 'EXACT'))
      add(
        'RESPONSE_HEADER_REMOVED',
        now.at,
        header.at,
        `the header ${header.name} of ${was.status} is not answered any more`,
        `Keep ${header.name}.`,
      )
    else if (found && header.required && !found.required)
      add(
        'RESPONSE_HEADER_BECAME_OPTIONAL',
        found.at,
        header.at,
        `the header ${header.name} of ${was.status} may be missing`,
        `Let ${header.name} stay required.`,
      )
  }
}

const enough = (needed: Access, has: Access): boolean =>
  [...needed].every(([scheme, scopes]) => {
    const given = has.get(scheme)
    return given !== undefined && [...scopes].every((scope) => given.has(scope))
  })
const wordsOf = (access: Access): string =>
  [...access].map(([scheme, scopes]) => [scheme, ...scopes].join(' ')).join(' and ') || 'nothing'

function access(server: Operation, client: Operation, add: Add): void {
  if (server.access.length === 0) return
  const ways: readonly Access[] = client.access.length === 0 ? [new Map()] : client.access
  for (const way of ways) {
    if (server.access.some((needed) => enough(needed, way))) continue
    add(
      'ACCESS_NARROWED',
      pointer(server.at, 'security'),
      pointer(client.at, 'security'),
      `clients come with ${wordsOf(way)}, and ${server.access.map(wordsOf).join(' or ')} is asked for`,
      `Keep ${wordsOf(way)} among the ways of "security".`,
    )
  }
}

/** What a security scheme is, but for its words. */
const schemeKeys = ['type', 'name', 'in', 'scheme', 'openIdConnectUrl'] as const

/** Schemes of the same name that ask for something else. */
export function schemes(server: Api, client: Api): { rule: string; path: string; message: string; edit: string }[] {
  const own = ({ root }: Api): JsonMap => {
    const components: Json | undefined = root['components']
    const found = isMap(components) ? components['securitySchemes'] : undefined
    return isMap(found) ? found : {}
  }
  const now = own(server)
  return Object.entries(own(client)).flatMap(([name, was]) => {
    const is = now[name]
    if (!isMap(is) || !isMap(was) || schemeKeys.every((key) => same(is[key], was[key]))) return []
    const path = pointer('/components/securitySchemes', name)
    const message = `clients let themselves in by ${name} as it was, which is another one now`
    return [{ rule: 'SECURITY_SCHEME_CHANGED', path, message, edit: 'Keep it, and add one under another name.' }]
  })
}
