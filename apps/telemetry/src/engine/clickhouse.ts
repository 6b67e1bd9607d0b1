import { readFile } from 'node:fs/promises'
import { otlpProto } from '../storage/inserts.ts'
import { quote } from './bind.ts'
import { EngineError, engineError, insertSettings, readSettings, type Engine, type Row } from './engine.ts'

const timeoutMs = 60_000

/**
 * A ClickHouse server over its HTTP interface, for when one process is outgrown: the same statements, a segment sent as
 * the body of its insert. User and password are part of the URL.
 */
export function openClickhouse(url: string): Engine {
  const target = new URL(url)
  const credentials = Buffer.from(
    `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`,
  ).toString('base64')
  const headers = { ...(target.username !== '' && { authorization: `Basic ${credentials}` }) }
  target.username = ''
  target.password = ''

  async function send(
    parameters: Readonly<Record<string, string | number>>,
    body: string | Uint8Array<ArrayBuffer>,
  ): Promise<string> {
    const address = new URL(target)
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, String(value))
    let answer: Response
    try {
      answer = await fetch(address, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) })
    } catch (error) {
      throw new EngineError('unavailable', error instanceof Error ? error.message : String(error))
    }
    const text = await answer.text()
    if (!answer.ok) throw engineError(text)
    return text
  }

  return {
    async query(statement) {
      const text = await send({}, `${statement} SETTINGS ${readSettings} FORMAT JSONEachRow`)
      return text === ''
        ? []
        : text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line) as Row)
    },
    async run(statement) {
      await send({}, statement)
    },
    async insert({ table, columns, message, structure, select }, file, token) {
      const query = `INSERT INTO ${table} (${columns}) ${select(`input(${quote(structure)})`)} FORMAT Protobuf`
      await send({ query, ...insertSettings(message, otlpProto, token) }, new Uint8Array(await readFile(file)))
    },
    close: () => Promise.resolve(),
  }
}
