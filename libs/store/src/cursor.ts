import { failure } from '@plinth/contracts'

export type CursorValue = string | number | boolean | null
type Kinds = { string: string; number: number; boolean: boolean }
type Kind = keyof Kinds
type Values<Shape extends readonly Kind[]> = { -readonly [Index in keyof Shape]: Kinds[Shape[Index]] }

export type PageOf<Item> = { items: Item[]; nextCursor?: string }

/** The sort keys of the last item of a page, opaque to clients: base64url of a JSON array. */
export const encodeCursor = (values: readonly CursorValue[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url')

/**
 * Reads a cursor back; with a shape (`['string', 'number']`) it must be exactly that. Throws `platform.cursor_invalid`.
 * Clients can forge cursors, so what comes out may only ever be a parameter of a query that checks rights on its own.
 */
export function decodeCursor(cursor: string): CursorValue[]
export function decodeCursor<const Shape extends readonly Kind[]>(cursor: string, shape: Shape): Values<Shape>
export function decodeCursor(cursor: string, shape?: readonly Kind[]): unknown {
  const values = parse(cursor)
  const isScalar = (value: unknown): boolean => value === null || ['string', 'number', 'boolean'].includes(typeof value)
  const fits =
    Array.isArray(values) &&
    values.every((value) => isScalar(value) && !(typeof value === 'string' && value.includes('\u0000'))) &&
    (shape === undefined ||
      (values.length === shape.length && shape.every((kind, index) => typeof values[index] === kind)))
  if (!fits) throw failure('platform.cursor_invalid')
  return values
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** A page out of `limit + 1` fetched rows: the extra one only says that there is more. */
export function pageOf<Item>(
  fetched: readonly Item[],
  limit: number,
  keys: (last: Item) => readonly CursorValue[],
): PageOf<Item> {
  const items = fetched.slice(0, limit)
  const last = items.at(-1)
  return fetched.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(keys(last)) } : { items }
}
