import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import { describe, expect, test } from 'vitest'
import { tokens, type RegistryPlatform } from './test-platform.ts'

/** As its users make it: the address of the registry, and a token as the password of any user. */
const clientOf = (host: string, token: string): SchemaRegistry =>
  new SchemaRegistry({ host, auth: { username: 'any', password: token }, retry: { retries: 0 } })

const money = {
  type: 'record' as const,
  name: 'Money',
  namespace: 'shop',
  fields: [{ name: 'cents', type: 'long' }] as object[],
}
const avroOrder = (more: object[] = []) => ({
  type: 'record' as const,
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'id', type: 'string' }, { name: 'price', type: 'shop.Money' }, ...more],
})
const note = { name: 'note', type: ['null', 'string'], default: null }
const avroReference = [{ name: 'shop.Money', subject: 'money-avro', version: 1 }]
const avro = (schema: object) => ({
  type: SchemaType.AVRO as const,
  schema: JSON.stringify(schema),
  references: avroReference,
})

const jsonMoney = { $id: 'https://shop.example/money.json', type: 'object', properties: { cents: { type: 'integer' } }, required: ['cents'], additionalProperties: false } // prettier-ignore
const jsonOrder = (more: object = {}, required: string[] = []) => ({
  type: SchemaType.JSON as const,
  schema: JSON.stringify({
    type: 'object',
    properties: { id: { type: 'string' }, price: { $ref: jsonMoney.$id }, ...more },
    required: ['id', 'price', ...required],
    additionalProperties: false,
  }),
  references: [{ name: jsonMoney.$id, subject: 'money-json', version: 1 }],
})

const protoOrder = (fields: string) => ({
  type: SchemaType.PROTOBUF as const,
  schema: `syntax = "proto3";\npackage shop;\nimport "money.proto";\n\nmessage Order {\n  string id = 1;\n  Money price = 2;\n${fields}}\n`,
  references: [{ name: 'money.proto', subject: 'money-proto', version: 1 }],
})
const protoMoney = 'syntax = "proto3";\npackage shop;\n\nmessage Money {\n  int64 cents = 1;\n}\n'

/** What the client throws for an answer of this status. */
const refused = (status: number, message: RegExp) => ({ status, message: expect.stringMatching(message) as string })

function testAvro(fresh: () => SchemaRegistry): void {
  test('Avro with a reference: registered, encoded, decoded, evolved; a break is refused', async () => {
    const producer = fresh()
    await producer.register(money, { subject: 'money-avro' })
    const first = await producer.register(avro(avroOrder()), { subject: 'orders-avro' })
    expect(await producer.register(avro(avroOrder()), { subject: 'orders-avro' })).toEqual(first)
    const message = await producer.encode(first.id, { id: 'o1', price: { cents: 500 } })
    expect(message.readInt32BE(1)).toBe(first.id)
    expect(await fresh().decode(message)).toEqual({ id: 'o1', price: { cents: 500 } })

    const second = await fresh().register(avro(avroOrder([note])), { subject: 'orders-avro' })
    expect(second.id).not.toBe(first.id)
    const newer = await fresh().encode(second.id, { id: 'o2', price: { cents: 1 }, note: 'gift' })
    expect(await fresh().decode(newer)).toEqual({ id: 'o2', price: { cents: 1 }, note: 'gift' })
    const breaking = avro(avroOrder([{ name: 'due', type: 'string' }]))
    await expect(fresh().register(breaking, { subject: 'orders-avro' })).rejects.toMatchObject(
      refused(409, /incompatible/),
    )
  })
}

function testConfiguringAndLookingUp(fresh: () => SchemaRegistry): void {
  test('a subject is configured by its first registration, and another level is told', async () => {
    const options = { subject: 'strict-avro', compatibility: COMPATIBILITY.FULL }
    await fresh().register(money, options)
    await fresh().register(money, options)
    await expect(fresh().register(money, { ...options, compatibility: COMPATIBILITY.BACKWARD })).rejects.toThrow(
      'Compatibility does not match',
    )
  })

  test('versions and ids are looked up by number, by text and as the latest', async () => {
    const client = fresh()
    await client.register(money, { subject: 'looked-up' })
    const wider = { ...money, fields: [...money.fields, note] }
    const { id } = await client.register(wider, { subject: 'looked-up' })
    expect(await client.getRegistryId('looked-up', 2)).toBe(id)
    expect(await client.getLatestSchemaId('looked-up')).toBe(id)
    expect(await client.getRegistryIdBySchema('looked-up', wider)).toBe(id)
    const other = { ...money, name: 'Other' }
    await expect(client.getRegistryIdBySchema('looked-up', other)).rejects.toThrow('Schema not found')
    await expect(client.getLatestSchemaId('nowhere')).rejects.toMatchObject(refused(404, /not found/))
  })
}

function testJsonAndProtobuf(fresh: () => SchemaRegistry): void {
  test('JSON Schema with a reference: registered, encoded, decoded, evolved; a break is refused', async () => {
    const options = { subject: 'orders-json' }
    await fresh().register({ type: SchemaType.JSON, schema: JSON.stringify(jsonMoney) }, { subject: 'money-json' })
    const { id } = await fresh().register(jsonOrder(), options)
    const message = await fresh().encode(id, { id: 'o1', price: { cents: 5 } })
    expect(await fresh().decode(message)).toEqual({ id: 'o1', price: { cents: 5 } })
    await expect(fresh().encode(id, { id: 'o1', price: {} })).rejects.toThrow('invalid payload')
    const second = await fresh().register(jsonOrder({ note: { type: 'string' } }), options)
    expect(second.id).not.toBe(id)
    const breaking = jsonOrder({ due: { type: 'string' } }, ['due'])
    await expect(fresh().register(breaking, options)).rejects.toMatchObject(refused(409, /REQUIRED/))
  })

  test('Protobuf with an import: registered, encoded, decoded, evolved; a break is refused', async () => {
    const options = { subject: 'orders-proto' }
    await fresh().register({ type: SchemaType.PROTOBUF, schema: protoMoney }, { subject: 'money-proto' })
    const { id } = await fresh().register(protoOrder('  int32 count = 3;\n'), options)
    const message = await fresh().encode(id, { id: 'o1', price: { cents: 7 }, count: 2 })
    expect(JSON.parse(JSON.stringify(await fresh().decode(message)))).toMatchObject({ id: 'o1', count: 2 })
    const second = await fresh().register(protoOrder('  int32 count = 3;\n  string note = 4;\n'), options)
    expect(second.id).not.toBe(id)
    await expect(fresh().register(protoOrder('  string count = 3;\n'), options)).rejects.toMatchObject(
      refused(409, /FIELD_SCALAR_KIND_CHANGED/),
    )
  })
}

function testProjectsApart(platform: () => RegistryPlatform, fresh: () => SchemaRegistry): void {
  test('a second project has the same names for itself, and nobody sees the schemas of another', async () => {
    const shipping = clientOf(platform().registryUrl, tokens.shipping)
    const ours = await shipping.register({ ...money, name: 'Parcel' }, { subject: 'money-avro' })
    const theirs = await fresh().getLatestSchemaId('money-avro')
    expect(ours.id).not.toBe(theirs)
    expect(await shipping.getLatestSchemaId('money-avro')).toBe(ours.id)
    await expect(shipping.getSchema(theirs)).rejects.toMatchObject({ status: 404 })
    const stranger = clientOf(platform().registryUrl, tokens.eve)
    await expect(stranger.getSchema(theirs)).rejects.toMatchObject({ status: 404 })
    const nobody = clientOf(platform().registryUrl, 'plt_that_nobody_has')
    await expect(nobody.getSchema(theirs)).rejects.toMatchObject({ status: 401 })
  })
}

export function kafkajsSuite(platform: () => RegistryPlatform): void {
  const fresh = (): SchemaRegistry => clientOf(platform().registryUrl, tokens.payments)

  describe('@kafkajs/confluent-schema-registry, by basic authentication', () => {
    testAvro(fresh)
    testConfiguringAndLookingUp(fresh)
    testJsonAndProtobuf(fresh)
    testProjectsApart(platform, fresh)
  })
}
