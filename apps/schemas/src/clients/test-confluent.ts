import { create, createFileRegistry, createMutableRegistry, type DescMessage } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Label, FieldDescriptorProto_Type, FileDescriptorSetSchema, type FileDescriptorSet } from '@bufbuild/protobuf/wkt' // prettier-ignore
// Its main module loads the drivers of four clouds as well, which takes three seconds.
import { Compatibility, SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js'
import { AvroDeserializer, AvroSerializer } from '@confluentinc/schemaregistry/dist/serde/avro.js'
import { JsonDeserializer, JsonSerializer } from '@confluentinc/schemaregistry/dist/serde/json.js'
import { ProtobufDeserializer, ProtobufSerializer } from '@confluentinc/schemaregistry/dist/serde/protobuf.js'
import { HeaderSchemaIdSerializer, SerdeType } from '@confluentinc/schemaregistry/dist/serde/serde.js'
import { describe, expect, test } from 'vitest'
import { tokens, type RegistryPlatform } from './test-platform.ts'

type Credential = 'bearer' | 'basic'

/** A client of one project: by its base URL where a person asks, and by the credential alone where a program does. */
function clientOf(baseUrl: string, token: string, credential: Credential): SchemaRegistryClient {
  const basic = { credentialsSource: 'USER_INFO', userInfo: `any:${token}` } as const
  const bearer = {
    credentialsSource: 'STATIC_TOKEN',
    token,
    logicalCluster: 'lsrc-1',
    identityPoolId: 'pool-1',
  } as const
  return new SchemaRegistryClient({
    baseURLs: [baseUrl],
    maxRetries: 0,
    ...(credential === 'basic' ? { basicAuthCredentials: basic } : { bearerAuthCredentials: bearer }),
  })
}

const record = (name: string, fields: object[]) =>
  JSON.stringify({ type: 'record', name, namespace: 'parcels', fields })
const address = record('Address', [{ name: 'city', type: 'string' }])
const avroParcel = (more: object[] = []) => ({
  schemaType: 'AVRO',
  schema: record('Parcel', [{ name: 'id', type: 'string' }, { name: 'to', type: 'parcels.Address' }, ...more]),
  references: [{ name: 'parcels.Address', subject: 'address-avro', version: 1 }],
})
const weight = { name: 'weight', type: 'int', default: 0 }

const jsonAddress = { $id: 'https://parcels.example/address.json', $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false } // prettier-ignore
const jsonParcel = (more: object = {}) => ({
  schemaType: 'JSON',
  schema: JSON.stringify({
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: { id: { type: 'string' }, to: { $ref: jsonAddress.$id }, ...more },
    required: ['id', 'to'],
    additionalProperties: false,
  }),
  references: [{ name: jsonAddress.$id, subject: 'address-json', version: 1 }],
})

type FileInit = Exclude<Parameters<typeof create<typeof FileDescriptorSetSchema>>[1], undefined | FileDescriptorSet>['file'] // prettier-ignore
const label = FieldDescriptorProto_Label.OPTIONAL
const { INT64: int64, STRING: text, MESSAGE: message } = FieldDescriptorProto_Type
const field = (name: string, number: number, type: FieldDescriptorProto_Type, typeName?: string) => ({
  name, number, type, label, jsonName: name, ...(typeName !== undefined && { typeName }),
}) // prettier-ignore

/** What generated code carries: a file that imports one of its own and one that every registry knows. */
function protobufParcel(...more: ReturnType<typeof field>[]) {
  const file: FileInit = [
    { name: 'address.proto', package: 'parcels', syntax: 'proto3', messageType: [{ name: 'Address', field: [field('city', 1, text)] }] },
    { name: 'google/protobuf/timestamp.proto', package: 'google.protobuf', syntax: 'proto3', messageType: [{ name: 'Timestamp', field: [field('seconds', 1, int64)] }] },
    {
      name: 'parcel.proto', package: 'parcels', syntax: 'proto3', dependency: ['address.proto', 'google/protobuf/timestamp.proto'],
      messageType: [{
        name: 'Parcel',
        field: [field('id', 1, text), field('to', 2, message, '.parcels.Address'), field('sent_at', 3, message, '.google.protobuf.Timestamp'), ...more],
      }],
    },
  ] // prettier-ignore
  const files = createFileRegistry(create(FileDescriptorSetSchema, { file }))
  const parcel = files.getMessage('parcels.Parcel')
  if (parcel === undefined) throw new Error('the descriptors hold no Parcel')
  const make = (to: string) => {
    const city = create(files.getMessage('parcels.Address') as DescMessage, { city: to })
    return create(parcel, { id: 'p1', to: city })
  }
  return { registry: createMutableRegistry(parcel), make }
}

const value = SerdeType.VALUE
const auto = { autoRegisterSchemas: true }
const latest = { useLatestVersion: true, autoRegisterSchemas: false }
const conflict = { status: 409, errorCode: 40901 }

function testAvroAndJson(fresh: () => SchemaRegistryClient): void {
  test('Avro with a reference: serialised, read by another, evolved; a break is refused', async () => {
    await fresh().register('address-avro', { schemaType: 'AVRO', schema: address })
    await fresh().register('parcels-avro-value', avroParcel())
    const message = { id: 'p1', to: { city: 'Graz' } }
    const bytes = await new AvroSerializer(fresh(), value, latest).serialize('parcels-avro', message)
    expect({ ...(await new AvroDeserializer(fresh(), value, {}).deserialize('parcels-avro', bytes)) }).toMatchObject({ id: 'p1' }) // prettier-ignore

    expect(await fresh().testSubjectCompatibility('parcels-avro-value', avroParcel([weight]))).toBe(true)
    await fresh().register('parcels-avro-value', avroParcel([weight]))
    const reader = new AvroDeserializer(fresh(), value, { useLatestVersion: true })
    expect(await reader.deserialize('parcels-avro', bytes)).toMatchObject({ id: 'p1', weight: 0 })
    const breaking = avroParcel([{ name: 'due', type: 'string' }])
    expect(await fresh().testSubjectCompatibility('parcels-avro-value', breaking)).toBe(false)
    await expect(fresh().register('parcels-avro-value', breaking)).rejects.toMatchObject(conflict)
  })

  test('JSON Schema with a reference: serialised, read by another, evolved; a break is refused', async () => {
    await fresh().register('address-json', { schemaType: 'JSON', schema: JSON.stringify(jsonAddress) })
    await fresh().register('parcels-json-value', jsonParcel())
    const writer = new JsonSerializer(fresh(), value, { ...latest, validate: true })
    const bytes = await writer.serialize('parcels-json', { id: 'p1', to: { city: 'Graz' } })
    const reader = new JsonDeserializer(fresh(), value, { validate: true })
    expect(await reader.deserialize('parcels-json', bytes)).toEqual({ id: 'p1', to: { city: 'Graz' } })
    await expect(writer.serialize('parcels-json', { id: 'p1', to: {} })).rejects.toThrow()
    await fresh().register('parcels-json-value', jsonParcel({ weight: { type: 'integer' } }))
    const breaking = jsonParcel({ id: { type: 'integer' } })
    await expect(fresh().register('parcels-json-value', breaking)).rejects.toMatchObject(conflict)
  })
}

function testProtobufAndGuids(fresh: () => SchemaRegistryClient): void {
  test('Protobuf from generated code: its imports are registered with it; evolved; a break is refused', async () => {
    const first = protobufParcel()
    const writer = new ProtobufSerializer(fresh(), value, { ...auto, registry: first.registry })
    const bytes = await writer.serialize('parcels-proto', first.make('Graz'))
    const read: unknown = await new ProtobufDeserializer(fresh(), value, {}).deserialize('parcels-proto', bytes)
    expect(read).toMatchObject({ id: 'p1', to: { city: 'Graz' } })
    const { references } = await fresh().getLatestSchemaMetadata('parcels-proto-value')
    expect(references).toEqual([{ name: 'address.proto', subject: 'address.proto', version: 1 }])
    // The same again registers nothing.
    await new ProtobufSerializer(fresh(), value, { ...auto, registry: protobufParcel().registry }).serialize('parcels-proto', first.make('Linz')) // prettier-ignore
    expect(await fresh().getAllVersions('parcels-proto-value')).toEqual([1])

    const wider = protobufParcel(field('note', 4, text))
    await new ProtobufSerializer(fresh(), value, { ...auto, registry: wider.registry }).serialize('parcels-proto', wider.make('Wien')) // prettier-ignore
    const breaking = protobufParcel(field('note', 4, int64))
    const breaker = new ProtobufSerializer(fresh(), value, { ...auto, registry: breaking.registry })
    await expect(breaker.serialize('parcels-proto', breaking.make('Bonn'))).rejects.toMatchObject(conflict)
  })

  test('a message may name its schema by the guid in a header', async () => {
    await fresh().register('by-guid-value', { schemaType: 'AVRO', schema: address })
    const headers = {}
    const writer = new AvroSerializer(fresh(), value, { ...latest, schemaIdSerializer: HeaderSchemaIdSerializer })
    const bytes = await writer.serialize('by-guid', { city: 'Graz' }, headers)
    expect(Object.keys(headers)).toEqual(['__value_schema_id'])
    const read: unknown = await new AvroDeserializer(fresh(), value, {}).deserialize('by-guid', bytes, headers)
    expect(read).toMatchObject({ city: 'Graz' })
  })
}

function testFindingAndDeleting(fresh: () => SchemaRegistryClient): void {
  test('metadata and rules are kept, and versions are found by them', async () => {
    const rule = {
      name: 'checkCity',
      kind: 'CONDITION',
      type: 'CEL',
      mode: 'WRITE',
      expr: "message.city != ''",
    } as never
    const metadata = { properties: { owner: 'logistics', 'application.major.version': '1' }, tags: { 'parcels.Address.city': ['PII'] } } // prettier-ignore
    const info = { schemaType: 'AVRO', schema: address, metadata, ruleSet: { domainRules: [rule] } }
    const made = await fresh().registerFullResponse('ruled-value', info)
    expect(made).toMatchObject({ version: 1, metadata, ruleSet: { domainRules: [rule] } })
    const found = await fresh().getLatestWithMetadata('ruled-value', { owner: 'logistics' })
    expect(found).toMatchObject({ id: made.id, metadata })
    await expect(fresh().getLatestWithMetadata('ruled-value', { owner: 'nobody' })).rejects.toMatchObject({ status: 404 }) // prettier-ignore
  })

  test('versions are looked up, listed, deleted softly and then for good, never while they are referred to', async () => {
    const version = (name: string) => ({ schemaType: 'AVRO', schema: record('Doomed', [{ name, type: 'int', default: 0 }]) }) // prettier-ignore
    const first = await fresh().registerFullResponse('doomed', version('a'))
    await fresh().register('doomed', version('b'))
    expect(await fresh().getAllVersions('doomed')).toEqual([1, 2])
    expect(await fresh().getVersion('doomed', version('b'))).toBe(2)
    expect(await fresh().getId('doomed', version('a'))).toBe(first.id)
    await expect(fresh().getId('doomed', version('c'))).rejects.toMatchObject({ errorCode: 40403 })
    await expect(fresh().getId('nowhere', version('c'))).rejects.toMatchObject({ errorCode: 40401 })

    await expect(fresh().deleteSubjectVersion('doomed', 1, true)).rejects.toMatchObject({ errorCode: 40407 })
    expect(await fresh().deleteSubjectVersion('doomed', 1)).toBe(1)
    expect(await fresh().getAllVersions('doomed')).toEqual([2])
    expect((await fresh().getBySubjectAndId('doomed', first.id as number)).schema).toContain('Doomed')
    expect(await fresh().getSchemaMetadata('doomed', 1, true)).toMatchObject({ version: 1, deleted: true })
    expect(await fresh().deleteSubject('doomed')).toEqual([2])
    await expect(fresh().deleteSubject('doomed')).rejects.toMatchObject({ errorCode: 40404 })
    expect(await fresh().deleteSubject('doomed', true)).toEqual([1, 2])
    await expect(fresh().getAllVersions('doomed')).rejects.toMatchObject({ errorCode: 40401 })
    await expect(fresh().deleteSubject('address-avro')).rejects.toMatchObject({ errorCode: 42206 })
  })
}

function testLevels(fresh: () => SchemaRegistryClient): void {
  test('levels are set for a subject and the project, and kept by both', async () => {
    await fresh().register('levelled', { schemaType: 'AVRO', schema: address })
    await expect(fresh().getCompatibility('levelled')).rejects.toMatchObject({ status: 404, errorCode: 40408 })
    expect(await fresh().updateCompatibility('levelled', Compatibility.NONE)).toBe('NONE')
    expect(await fresh().getCompatibility('levelled')).toBe('NONE')
    expect(await fresh().testCompatibility('levelled', 1, { schemaType: 'AVRO', schema: '"string"' })).toBe(true)
    expect(await fresh().updateConfig('levelled', { compatibility: Compatibility.FULL, normalize: true })).toMatchObject({ normalize: true }) // prettier-ignore
    expect(await fresh().getConfig('levelled')).toMatchObject({ compatibilityLevel: 'FULL', normalize: true })
    await expect(fresh().updateCompatibility('levelled', JSON.parse('"SOMEWHAT"'))).rejects.toMatchObject({ errorCode: 42203 }) // prettier-ignore
    expect(await fresh().getDefaultCompatibility()).toBe('BACKWARD')
    const bare = (await fresh().getAllSubjects()).map((subject) => subject.replace(/^:\.shipping:/, ''))
    expect(bare).toContain('levelled')
  })
}

function testErrors(inContext: () => string): void {
  test('what is wrong is told in the form of that API, whoever finds it', async () => {
    const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${inContext()}${path}`, { headers })
    const bearer = { authorization: `Bearer ${tokens.ana}` }
    const answers = [await ask('/subjects'), await ask('/subjects', { authorization: 'Bearer plt_nobody' }), await ask('/nothing', bearer), await ask('/schemas/ids/999999', bearer)] // prettier-ignore
    for (const answer of answers) {
      expect(answer.headers.get('content-type')).toMatch(/^application\/vnd\.schemaregistry\.v1\+json/)
      expect(await answer.json()).toEqual({ error_code: expect.any(Number) as number, message: expect.any(String) as string }) // prettier-ignore
    }
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 404, 404])
    const eve = clientOf(inContext(), tokens.eve, 'bearer')
    await expect(eve.register('hers', { schemaType: 'AVRO', schema: '"string"' })).rejects.toMatchObject({ status: 403, errorCode: 40301 }) // prettier-ignore
  })
}

export function confluentSuite(platform: () => RegistryPlatform): void {
  const inContext = () => `${platform().registryUrl}/contexts/shipping`
  const each: [Credential, string, () => SchemaRegistryClient][] = [
    ['bearer', 'of a person, by its base URL', () => clientOf(inContext(), tokens.ana, 'bearer')],
    ['basic', 'of a program, by its credential', () => clientOf(platform().registryUrl, tokens.payments, 'basic')],
  ]

  describe.each(each)('@confluentinc/schemaregistry by %s, in the project %s', (_credential, _where, fresh) => {
    testAvroAndJson(fresh)
    testProtobufAndGuids(fresh)
    testFindingAndDeleting(fresh)
    testLevels(fresh)
  })

  testErrors(inContext)
}
