import { asyncapiFormat } from '../asyncapi.ts'
import type { Incompatibility, Policy, Schema } from '../../format.ts'

/** A description of AsyncAPI 3 that has some of everything; tests change it. */
export const orders = `
asyncapi: 3.0.0
info: { title: Orders, version: "1", description: What happens to orders }
defaultContentType: application/json
channels:
  placed:
    address: shop.{region}.placed
    parameters: { region: {} }
    messages:
      Placed: { $ref: "#/components/messages/Placed" }
      Cancelled: { payload: { type: object, properties: { id: { type: string } } } }
  billed:
    address: shop.billed
    messages:
      Billed:
        contentType: application/json
        headers: { type: object, required: [trace], properties: { trace: { type: string } } }
        bindings: { kafka: { key: { type: string, maxLength: 36 } } }
        payload: { type: object, required: [total], properties: { total: { type: number }, note: { type: string } } }
  avro:
    address: shop.avro
    messages:
      Paid:
        contentType: avro/binary
        payload:
          schemaFormat: application/vnd.apache.avro+json;version=1.9.0
          schema: { type: record, name: Paid, fields: [ { name: cents, type: long } ] }
  shelf:
    address: shop.shelf
    messages: { Item: { payload: { type: object, properties: { name: { type: string } } } } }
  ask: { address: shop.ask, messages: { Ask: { payload: { type: string } } } }
  told: { address: null, messages: { Told: { payload: { type: integer } } } }
operations:
  onPlaced: { action: receive, channel: { $ref: "#/channels/placed" } }
  bill: { action: send, channel: { $ref: "#/channels/billed" }, messages: [ { $ref: "#/channels/billed/messages/Billed" } ] }
  pay: { action: send, channel: { $ref: "#/channels/avro" } }
  answer: { action: receive, channel: { $ref: "#/channels/ask" }, reply: { channel: { $ref: "#/channels/told" } } }
components:
  messages:
    Placed:
      traits: [ { headers: { type: object, properties: { by: { type: string } } } } ]
      payload: { $ref: "#/components/schemas/Order" }
  schemas:
    Order:
      type: object
      required: [id]
      properties:
        id: { type: string, description: Its number }
        lines: { type: array, items: [ { type: string }, { type: integer } ], additionalItems: false }
        parent: { $ref: "#/components/schemas/Order" }
`

export type Change = readonly [string, string]
export const parse = (text: string, ...references: { name: string; text: string }[]): Schema =>
  asyncapiFormat.parse({ text, references })
export const changed = (...changes: Change[]): string =>
  changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the description has no ${from}`)
    return text.replace(from, to)
  }, orders)
export const reasons = (reader: string, writer: string, policy: Policy = 'STRICT'): readonly Incompatibility[] =>
  asyncapiFormat.unreadable(parse(reader), parse(writer), policy)
