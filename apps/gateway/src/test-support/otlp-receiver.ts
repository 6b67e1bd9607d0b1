import { createServer } from 'node:http'

export type ReceivedSpan = {
  service: string
  name: string
  kind: number
  traceId: string
  spanId: string
  /** Empty at the root of a trace. */
  parentId: string
  attributes: Record<string, string | number>
}

export type OtlpReceiver = { url: string; spans: ReceivedSpan[]; close(): Promise<void> }

/** A collector that keeps what it is sent: OTLP over HTTP, as protobuf. */
export async function otlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        if (request.url === '/v1/traces') spans.push(...spansOf(Buffer.concat(chunks)))
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Field numbers of opentelemetry/proto/trace/v1/trace.proto and its neighbours. */
function spansOf(request: Buffer): ReceivedSpan[] {
  return messages(request, 1).flatMap((resourceSpans) => {
    const service = String(attributesOf(bytes(resourceSpans, 1), 1)['service.name'])
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        service,
        traceId: bytes(span, 1).toString('hex'),
        spanId: bytes(span, 2).toString('hex'),
        parentId: bytes(span, 4).toString('hex'),
        name: bytes(span, 5).toString(),
        kind: number(span, 6),
        attributes: attributesOf(span, 9),
      }))
  })
}

function attributesOf(message: Buffer, field: number): ReceivedSpan['attributes'] {
  return Object.fromEntries(
    messages(message, field).map((pair) => {
      const value = bytes(pair, 2)
      return [bytes(pair, 1).toString(), messages(value, 1)[0]?.toString() ?? number(value, 3)]
    }),
  )
}

type Field = { field: number; value: Buffer | number }

const messages = (message: Buffer, field: number): Buffer[] =>
  fieldsOf(message).flatMap((one) => (one.field === field && Buffer.isBuffer(one.value) ? [one.value] : []))
const bytes = (message: Buffer, field: number): Buffer => messages(message, field)[0] ?? Buffer.alloc(0)
const number = (message: Buffer, field: number): number =>
  fieldsOf(message).reduce((last, one) => (one.field === field && typeof one.value === 'number' ? one.value : last), 0)

/** The fields of a message by protobuf's wire format. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const take = (length: number): Buffer => message.subarray(at, (at += length))
  while (at < message.length) {
    const tag = varint()
    const wire = tag & 7
    fields.push({ field: tag >> 3, value: wire === 0 ? varint() : take(wire === 2 ? varint() : wire === 1 ? 8 : 4) })
  }
  return fields
}
