import { openapiFormat } from '../openapi.ts'
import type { Incompatibility, Policy, Schema } from '../../format.ts'

/** A small description that has some of everything; tests change it. */
export const shop = `
openapi: 3.0.3
info: { title: Shop, version: "1", description: A shop }
security: [ { key: [] } ]
paths:
  /pets:
    get:
      operationId: listPets
      security: [ { key: [] }, { login: [read] } ]
      parameters:
        - { name: size, in: query, schema: { type: integer } }
        - { $ref: "#/components/parameters/Trace" }
      responses:
        200: { description: ok, content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Pet" } } }, text/csv: { schema: { type: string } } } }
        404: { description: none }
    post:
      requestBody: { $ref: "#/components/requestBodies/Pet" }
      responses:
        201: { description: made, headers: { Location: { required: true, schema: { type: string } } } }
        5XX: { description: broken }
    patch:
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { default: { description: rest } }
  /pets/{id}:
    get:
      parameters: [ { name: id, in: path, required: true, schema: { type: integer, minimum: 1 } } ]
      responses:
        200: { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }
  /ping: { get: { responses: { 204: { description: ok } } } }
components:
  parameters: { Trace: { name: X-Trace, in: header, schema: { type: string } } }
  requestBodies: { Pet: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } }, application/xml: {} } } }
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key }, login: { type: http, scheme: bearer } }
  schemas:
    Pet:
      type: object
      required: [name]
      properties:
        id: { type: integer, readOnly: true, description: Its number }
        name: { type: string, maxLength: 10 }
        secret: { type: string, writeOnly: true }
        kind: { type: string, enum: [cat, dog] }
        weight: { type: number, nullable: true, minimum: 0, exclusiveMinimum: true }
        parent: { $ref: "#/components/schemas/Pet" }
`

export const parse = (text: string, ...references: { name: string; text: string }[]): Schema =>
  openapiFormat.parse({ text, references })
export type Change = readonly [string, string]
export const changed = (...changes: Change[]): string =>
  changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the description has no ${from}`)
    return text.replace(from, to)
  }, shop)
export const reasons = (reader: string, writer: string, policy: Policy = 'STRICT'): readonly Incompatibility[] =>
  openapiFormat.unreadable(parse(reader), parse(writer), policy)
