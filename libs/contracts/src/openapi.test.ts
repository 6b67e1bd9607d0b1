import { expect, test } from 'vitest'
import { contracts, operations } from './contracts.ts'
import { openApiDocument } from './openapi.ts'

const document = openApiDocument(contracts, { title: 'Plinth', version: '1', serverUrl: 'http://localhost:8080' })
const paths = document['paths'] as Record<
  string,
  Record<string, { operationId: string; parameters: { name: string; in: string }[]; security: unknown[] }>
>
const listed = Object.entries(paths).flatMap(([path, methods]) =>
  Object.values(methods).map((operation) => ({ path, ...operation })),
)

test('every operation of the platform is listed once', () => {
  expect(listed.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(operations).sort())
})

test('every template in a path has its parameter', () => {
  for (const { path, parameters } of listed) {
    const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
    expect([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])).toEqual(inPath)
  }
})

test('only public routes need no credential, and the document is plain JSON', () => {
  for (const { operationId, security } of listed) {
    const { permission } = operations[operationId as keyof typeof operations]
    expect(security.length === 0).toBe(permission === 'public')
  }
  expect(JSON.parse(JSON.stringify(document))).toEqual(document)
})
