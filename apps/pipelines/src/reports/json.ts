import { Tokenizer, TokenParser, TokenType } from '@streamparser/json'
import { ReportError } from './report-error.ts'

const depthMax = 40
const pieceBytes = 65_536

/** What was found at one of the wanted paths: the value, its path (keys and positions), and which path it was. */
export type Picked = { value: unknown; keys: readonly (string | number)[] }

/**
 * Reads a JSON document as a stream and gives the values at `paths` (`$.runs.*.results.*`), one after another; nothing
 * else of it is kept. Throws ReportError for what is no JSON, broken off or too deep; and what `take` throws.
 */
export function readJson(document: string, paths: readonly string[], take: (picked: Picked) => void): void {
  const tokenizer = new Tokenizer()
  const parser = new TokenParser({ paths: [...paths], keepStack: false })
  let depth = 0
  tokenizer.onToken = (token) => {
    if (token.token === TokenType.LEFT_BRACE || token.token === TokenType.LEFT_BRACKET) depth++
    if (token.token === TokenType.RIGHT_BRACE || token.token === TokenType.RIGHT_BRACKET) depth--
    if (depth > depthMax) throw new ReportError(`it is nested deeper than ${depthMax} levels`)
    parser.write(token)
  }
  parser.onValue = ({ value, key, stack }) => {
    const keys = [...stack.slice(1).map((each) => each.key), key].filter((each) => each !== undefined)
    take({ value, keys })
  }
  try {
    const bytes = Buffer.from(document)
    // In pieces, so that a limit ends the work early.
    for (let index = 0; index < bytes.length; index += pieceBytes)
      tokenizer.write(bytes.subarray(index, index + pieceBytes))
    if (!tokenizer.isEnded) tokenizer.end()
    if (!parser.isEnded) throw new ReportError('it breaks off')
  } catch (error) {
    if (error instanceof ReportError) throw error
    throw new ReportError('it is not well-formed JSON')
  }
}

export const textAt = (value: unknown, ...keys: readonly (string | number)[]): string | undefined => {
  const found = valueAt(value, ...keys)
  return typeof found === 'string' ? found : undefined
}

/** What lies at the keys of a parsed value, own members alone; undefined where nothing does. */
export function valueAt(value: unknown, ...keys: readonly (string | number)[]): unknown {
  let current = value
  for (const key of keys) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined
    current = (current as Record<string | number, unknown>)[key]
  }
  return current
}
