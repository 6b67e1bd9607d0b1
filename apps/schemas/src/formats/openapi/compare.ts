import { judge, type Judged } from '../api/judge.ts'
import type { Incompatibility, Policy } from '../format.ts'
import { isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { aliasesOf, withAliases, type Alias } from './aliases.ts'
import { exchangeProblems } from './exchange.ts'
import type { Api, Operation } from './model.ts'
import { differences, schemes } from './rules.ts'
import { answerFor, requestFor } from './sample-exchange.ts'

const reasonsMax = 300
const examplesMax = 20
const examplesBytesMax = 65_536

type Reason = { readonly said: Incompatibility; readonly exchange?: () => JsonMap | undefined }

/**
 * A description of an API is between a server and its clients: the reader is the server that runs, the writer what its
 * clients were written for. It must take every request that they may send, and answer nothing that they were not told
 * of. BACKWARD says that a new server serves old clients; FORWARD, that new clients are served by the old server.
 * Webhooks go the other way. LENIENT lets what is not read any more be sent, EXACT tells what generated clients meet too.
 */
export function unreadable(reader: Api, writer: Api, policy: Policy): Incompatibility[] {
  const { sent, answered } = aliasesOf(reader, writer)
  const all: Reason[] = [
    ...[...writer.operations.values()].flatMap((client) => structural(reader, writer, client, policy)),
    ...schemes(reader, writer).map((said) => ({ said })),
    ...judge(withAliases(reader.sent, sent, 'reader'), withAliases(writer.sent, sent, 'writer'), policy).map((found) =>
      judged(found, writer, 'REQUEST', sent),
    ),
    ...judge(
      withAliases(writer.answered, answered, 'writer'),
      withAliases(reader.answered, answered, 'reader'),
      policy,
    ).map((found) => judged(turned(found), reader, 'RESPONSE', answered)),
  ]
  let bytes = 0
  return all.slice(0, reasonsMax).map(({ said, exchange }, index) => {
    if (index >= examplesMax || bytes > examplesBytesMax || !exchange) return said
    const example = shown(exchange(), reader, writer)
    bytes += example?.payload.length ?? 0
    return example ? { ...said, example } : said
  })
}

/** An exchange that is good on one side and seen to be refused on the other. */
function shown(exchange: JsonMap | undefined, reader: Api, writer: Api): Incompatibility['example'] {
  if (!exchange) return undefined
  const payload = JSON.stringify(exchange)
  const read = exchangeProblems(reader, exchange).length === 0
  const written = exchangeProblems(writer, exchange).length === 0
  return read === written ? undefined : { payload, validUnder: read ? 'reader' : 'writer' }
}

function structural(reader: Api, writer: Api, client: Operation, policy: Policy): Reason[] {
  const server = reader.operations.get(client.key)
  const exchange = (): JsonMap | undefined => (client.webhook ? undefined : requestFor(writer, client, new Map()))
  if (!server) return [{ said: removed(reader, client), exchange }]
  const found = client.webhook ? differences(client, server, policy) : differences(server, client, policy)
  return found.map(({ rule, server: path, client: writerPath, message, edit, exchange: made }) => ({
    said: { rule, ...placesOf(client.webhook ? writerPath : path, client.webhook ? path : writerPath), message, edit },
    exchange: made && !client.webhook ? () => made(reader, writer) : exchange,
  }))
}

const placesOf = (path: string, writerPath: string): { path: string; writerPath?: string } => ({
  path,
  ...(writerPath !== path && { writerPath }),
})

function removed({ root }: Api, { key, at, webhook }: Operation): Incompatibility {
  const owner = at.split('/').slice(0, -1).join('/')
  const [, container = '', token = ''] = owner.split('/')
  const owners = root[container]
  const isThere = isMap(owners) && Object.hasOwn(owners, token.replaceAll('~1', '/').replaceAll('~0', '~'))
  return {
    rule: webhook ? 'WEBHOOK_REMOVED' : isThere ? 'OPERATION_REMOVED' : 'PATH_REMOVED',
    ...placesOf(isThere ? owner : pointer('', container), at),
    message: `${key} is not there any more`,
    edit: 'Keep it, with "deprecated": true, until nobody needs it.',
  }
}

const turned = (found: Judged): Judged => ({
  ...found,
  path: found.writerPath ?? found.path,
  writerPath: found.path,
})

/** What was said of a schema, told of the request or answer that it belongs to; `side` has what such a value is allowed by. */
function judged(
  { key, value, ...found }: Judged,
  side: Api,
  part: 'REQUEST' | 'RESPONSE',
  aliases: readonly Alias[],
): Reason {
  const prefix = key.startsWith('webhook ') ? 'WEBHOOK' : part
  const { path, writerPath = path, message, edit, ...rest } = found
  const who = part === 'REQUEST' ? (['server', 'client'] as const) : (['client', 'server'] as const)
  const said = (words: string): string =>
    words.replaceAll('the reader', `the ${who[0]}`).replaceAll('the writer', `the ${who[1]}`)
  return {
    said: {
      ...rest,
      rule: `${prefix}_${found.rule}`,
      ...placesOf(path, writerPath),
      message: `${key}${key === '' ? '' : ': '}${said(message)}`,
      ...(edit !== undefined && { edit: said(edit) }),
    },
    ...(value !== undefined && {
      exchange: () => {
        const alias = aliases.find(({ name }) => name === key)
        const exchange = exchangeOf(side, alias ? alias[part === 'REQUEST' ? 'writer' : 'reader'] : key, value)
        return exchange && alias?.status !== undefined ? { ...exchange, status: alias.status } : exchange
      },
    }),
  }
}

function exchangeOf(api: Api, key: string, value: Json): JsonMap | undefined {
  const given = new Map([[key, value]])
  for (const operation of api.operations.values()) {
    if (!key.startsWith(`${operation.key} `)) continue
    const isSent =
      operation.parameters.some((one) => one.key === key) || [...(operation.body?.types.values() ?? [])].includes(key)
    if (isSent) return requestFor(api, operation, given)
    for (const { status, headers, types } of operation.answers.values())
      if (headers.some((one) => one.key === key) || [...types.values()].includes(key))
        return answerFor(api, operation, status, given)
  }
  return undefined
}
