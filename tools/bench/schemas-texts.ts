/** A word in a text that the load replaces by a number of its own in each request. */
export const hole = 'NUMBER_OF_IT'

/** An order as services send them: some 500 bytes of Avro, of another name each. */
export const avroOrder = (name = `Order${hole}`): string =>
  JSON.stringify({
    type: 'record',
    name,
    namespace: 'shop.orders',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'placed_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'customer', type: ['null', 'string'], default: null },
      { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OPEN', 'PAID', 'SENT'] } },
      { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
      { name: 'lines', type: { type: 'array', items: 'string' } },
    ],
  })

const avroTypes = ['string', 'long', 'double', 'boolean', ['null', 'string'], { type: 'array', items: 'int' }] as const

/** A record of so many fields; `more` is one that only a newer version has. */
export const avroWide = (count: number, more?: string): string =>
  JSON.stringify({
    type: 'record',
    name: 'Wide',
    fields: [
      ...Array.from({ length: count }, (_, at) => {
        const type = avroTypes[at % avroTypes.length]
        return { name: `field_${at}`, type, ...(Array.isArray(type) && { default: null }) }
      }),
      ...(more === undefined ? [] : [{ name: more, type: 'int', default: 0 }]),
    ],
  })

const jsonTypes = [
  { type: 'string', maxLength: 200 }, { type: 'integer', minimum: 0 }, { type: 'number' }, { type: 'boolean' },
  { type: ['string', 'null'] }, { type: 'array', items: { type: 'integer' } },
] // prettier-ignore

export const jsonWide = (count: number, more?: string): string =>
  JSON.stringify({
    type: 'object',
    additionalProperties: false,
    required: ['field_0', 'field_1'],
    properties: {
      ...Object.fromEntries(
        Array.from({ length: count }, (_, at) => [`field_${at}`, jsonTypes[at % jsonTypes.length]]),
      ),
      ...(more !== undefined && { [more]: { type: 'string' } }),
    },
  })

const protobufTypes = ['string', 'int64', 'double', 'bool', 'optional string', 'repeated int32'] as const

export function protobufWide(count: number, more?: string): string {
  const fields = Array.from(
    { length: count },
    (_, at) => `  ${protobufTypes[at % protobufTypes.length]} field_${at} = ${at + 1};`,
  )
  if (more !== undefined) fields.push(`  string ${more} = ${count + 1};`)
  return `syntax = "proto3";\npackage shop;\n\nmessage Wide {\n${fields.join('\n')}\n}\n`
}

/** wrk asks for each of these ids in turn. */
export const readScript = (ids: readonly number[]): string => `
local ids = {${ids.join(',')}}
local requests, n = {}, 0
init = function()
  for i = 1, #ids do requests[i] = wrk.format("GET", "/schema-registry/schemas/ids/" .. ids[i]) end
end
request = function()
  n = n % #requests + 1
  return requests[n]
end
`

/**
 * wrk registers a schema with a number of its own in its name in each request; after `again` numbers it begins anew.
 * `subject` says in which subject, by a Lua expression over that number.
 */
export function registerScript({
  schema,
  subject,
  again = 2_000_000_000,
}: {
  schema: string
  subject: string
  again?: number
}): string {
  const parts = JSON.stringify({ schema }).split(hole)
  const body = parts.map((part) => `[==[${part}]==]`).join(' .. n .. ')
  return `
local n = 0
wrk.headers["content-type"] = "application/vnd.schemaregistry.v1+json"
request = function()
  n = n % ${again} + 1
  return wrk.format("POST", "/schema-registry/subjects/" .. ${subject} .. "/versions", nil, ${body})
end
`
}

/** A record that differs from the version before by a word of documentation, so that each is a version of its own. */
export const nextOrder = (doc: string): string =>
  JSON.stringify({
    type: 'record',
    name: 'Next',
    doc,
    fields: [
      { name: 'id', type: 'string' },
      { name: 'count', type: 'long', default: 0 },
    ],
  })
