import { decodeCursor, pageOf, type PageOf } from '@plinth/store'

type Query = { limit?: number; cursor?: string }

/** A page of rows that are listed in the order of one text column. */
export async function pageBy<Row>(
  { limit = 50, cursor }: Query,
  key: (row: Row) => string,
  list: (o: { after: string; limit: number }) => Promise<Row[]>,
): Promise<PageOf<Row>> {
  const [after] = cursor === undefined ? [''] : decodeCursor(cursor, ['string'])
  return pageOf(await list({ after, limit: limit + 1 }), limit, (last) => [key(last)])
}
