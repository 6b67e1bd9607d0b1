import type { TSchema } from 'typebox'
import { ProblemDocument } from './core/common.ts'
import { errorCodes, type ErrorCode } from './core/error-codes.ts'
import { successStatus, type Routes, type RouteSpec } from './core/route.ts'
import { errorKinds } from '@plinth/kernel'

type Json = Record<string, unknown>
export type OpenApiOptions = { title: string; version: string; serverUrl: string }

/** What every route may answer besides what it declares. */
const everywhere: readonly ErrorCode[] = [
  'platform.request_invalid',
  'platform.rate_limited',
  'platform.unavailable',
  'platform.bug',
]

/** The OpenAPI 3.1 document of the contracts: made from what the services serve by, so it can't say anything else. */
export function openApiDocument(
  contracts: Readonly<Record<string, { service: string; routes: Routes }>>,
  { title, version, serverUrl }: OpenApiOptions,
): Json {
  const paths: Record<string, Json> = {}
  for (const { service, routes } of Object.values(contracts)) {
    for (const [operation, spec] of Object.entries(routes)) {
      const path = (paths[templated(spec.path)] ??= {})
      path[spec.method.toLowerCase()] = operationObject(operation, service, spec)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title, version },
    servers: [{ url: serverUrl }],
    tags: Object.values(contracts).map(({ service }) => ({ name: service })),
    paths,
    components: {
      schemas: { Problem: ProblemDocument },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token, a personal or a service-account token',
        },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-plinth', description: 'The session of the portal' },
      },
    },
  }
}

/** Path templates of OpenAPI have no wildcard; the rest of the path becomes the parameter `path`. */
const templated = (path: string): string => path.replace(/:([A-Za-z0-9_]+)/g, '{$1}').replace(/\*$/, '{path}')

function operationObject(operation: string, service: string, spec: RouteSpec): Json {
  const { permission } = spec
  return {
    operationId: operation,
    tags: [service],
    summary: spec.summary,
    security: permission === 'public' ? [] : [{ token: [] }, { session: [] }],
    'x-plinth-permission': permission,
    parameters: parameters(spec),
    ...(hasBody(spec) && { requestBody: requestBody(spec) }),
    responses: { ...successResponse(spec), ...errorResponses(spec) },
  }
}

const hasBody = ({ kind, body, method }: RouteSpec): boolean =>
  body !== undefined || (kind === 'raw' && method !== 'GET' && method !== 'DELETE')

const requestBody = ({ kind, body }: RouteSpec): Json =>
  kind === 'raw'
    ? { content: { 'application/octet-stream': {} } }
    : { required: true, content: { 'application/json': { schema: body } } }

function parameters(spec: RouteSpec): Json[] {
  const declared = propertiesOf(spec.params)
  const inPath = [...spec.path.matchAll(/:([A-Za-z0-9_]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: declared.properties[name] ?? { type: 'string' },
  }))
  const rest = spec.path.endsWith('*') ? [{ name: 'path', in: 'path', required: true, schema: { type: 'string' } }] : []
  const query = propertiesOf(spec.query)
  const inQuery = Object.entries(query.properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query.required.includes(name),
    schema,
  }))
  const header = (name: string, description: string): Json => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  })
  return [
    ...inPath,
    ...rest,
    ...inQuery,
    ...(spec.idempotent === true
      ? [header('Idempotency-Key', 'A repeat with the same key gets the first answer')]
      : []),
    ...(spec.kind === 'sse' ? [header('Last-Event-ID', 'Goes on after this event')] : []),
  ]
}

function propertiesOf(schema: TSchema | undefined): { properties: Record<string, unknown>; required: string[] } {
  const { properties, required } = (schema ?? {}) as { properties?: Record<string, unknown>; required?: string[] }
  return { properties: properties ?? {}, required: required ?? [] }
}

function successResponse(spec: RouteSpec): Json {
  const status = successStatus(spec)
  if (status === 204) return { '204': { description: 'Done' } }
  const types = { json: 'application/json', sse: 'text/event-stream', raw: 'application/octet-stream' }
  const schema = spec.kind === 'raw' ? {} : { schema: spec.response[status] }
  return { [status]: { description: spec.summary, content: { [types[spec.kind ?? 'json']]: schema } } }
}

/** Errors of one status share a response, which lists their codes. */
function errorResponses(spec: RouteSpec): Json {
  const guarded: ErrorCode[] =
    spec.permission === 'public' ? [] : ['gateway.token_invalid', 'gateway.permission_denied']
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set([...(spec.errors ?? []), ...guarded, ...everywhere])) {
    const status = errorKinds[errorCodes[code][0]]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { description: codes.map((code) => `\`${code}\`: ${errorCodes[code][1]}.`).join('\n'), content },
    ]),
  )
}
