// One way only to read any text, or a long wrong one would be tried for years: this runs on what anybody pushed.
const label = '^[a-z0-9]+(?:-[a-z0-9]+)*$'
const name = { type: 'string', minLength: 2, maxLength: 63, pattern: label }
const closed = (properties: object, required: readonly string[] = []): object => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const mapOf = (value: object, more: object = {}): object => ({ type: 'object', additionalProperties: value, ...more })
const text = { type: 'string', maxLength: 65_536 }
const strings = { type: 'array', items: text, maxItems: 200 }
const port = { type: 'integer', minimum: 1, maximum: 65_535 }
const annotations = mapOf(text, {
  propertyNames: {
    maxLength: 316,
    pattern: '^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$',
  },
})
const quantities = closed({
  memory: { type: 'string', pattern: '^[1-9][0-9]{0,17}(?:K|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$' },
  cpu: { type: 'string', pattern: '^(?:[0-9]+m|[0-9]+(?:\\.[0-9]+)?)$' },
})
const httpGet = closed(
  {
    host: text,
    scheme: { enum: ['HTTP', 'HTTPS'] },
    path: { type: 'string', minLength: 1, maxLength: 2_000 },
    port,
    httpHeaders: {
      type: 'array',
      maxItems: 50,
      items: closed({ name: { ...text, minLength: 1 }, value: text }, ['name', 'value']),
    },
  },
  ['port', 'path'],
)
const probe = closed({ httpGet, exec: closed({ command: strings }, ['command']) })
const file = closed({
  target: text,
  mode: { type: 'string', pattern: '^0?[0-7]{3}$' },
  source: text,
  content: text,
  binaryContent: text,
  noExpand: { type: 'boolean' },
})
const volume = closed({ target: text, source: text, path: text, readOnly: { type: 'boolean' } }, ['source'])
/** By target path, or in the older form a list. */
const mapOrList = (item: object): object => ({ type: ['object', 'array'], items: item, additionalProperties: item })

const container = closed(
  {
    image: { type: 'string', minLength: 1, maxLength: 1_000 },
    command: strings,
    args: strings,
    variables: mapOf(text, {
      propertyNames: { minLength: 1, maxLength: 300, pattern: '^[^=\\u0000]+$' },
      maxProperties: 500,
    }),
    files: mapOrList(file),
    volumes: mapOrList(volume),
    before: mapOf(closed({ ready: { enum: ['started', 'healthy', 'complete'] } }, ['ready'])),
    resources: closed({ limits: quantities, requests: quantities }),
    livenessProbe: probe,
    readinessProbe: probe,
  },
  ['image'],
)
const resource = closed(
  {
    type: name,
    class: name,
    id: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*(?:\\.[a-z0-9]+(?:-[a-z0-9]+)*)*$' },
    metadata: { type: 'object', properties: { annotations } },
    params: { type: 'object' },
  },
  ['type'],
)

/** score.dev/v1b1 as a JSON Schema of our own: every object is closed but metadata and params, and all has a limit. */
export const scoreSchema = closed(
  {
    apiVersion: { const: 'score.dev/v1b1' },
    metadata: { type: 'object', properties: { name, annotations }, required: ['name'] },
    service: closed({
      ports: mapOf(closed({ port, protocol: { enum: ['TCP', 'UDP'] }, targetPort: port }, ['port']), {
        propertyNames: name,
      }),
    }),
    containers: mapOf(container, { propertyNames: name, minProperties: 1, maxProperties: 50 }),
    resources: mapOf(resource, { propertyNames: name, maxProperties: 50 }),
  },
  ['apiVersion', 'metadata', 'containers'],
)
